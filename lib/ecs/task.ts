/** The parts of ECS, EC2 and Cloud Map API answers that discovery reads, in the API's spelling. */

export type Tag = { readonly key?: string | undefined; readonly value?: string | undefined };

export type Task = {
  readonly taskArn: string;
  readonly taskDefinitionArn: string;
  readonly group?: string | undefined;
  readonly startedBy?: string | undefined;
  readonly launchType?: string | undefined;
  readonly lastStatus?: string | undefined;
  readonly healthStatus?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
  readonly containers?: readonly TaskContainer[] | undefined;
  readonly attachments?: readonly Attachment[] | undefined;
  readonly tags?: readonly Tag[] | undefined;
};

export type TaskContainer = {
  readonly name?: string | undefined;
  readonly networkBindings?: readonly NetworkBinding[] | undefined;
};

export type NetworkBinding = { readonly containerPort?: number | undefined; readonly hostPort?: number | undefined };

export type Attachment = {
  readonly type?: string | undefined;
  readonly status?: string | undefined;
  readonly details?: readonly { readonly name?: string | undefined; readonly value?: string | undefined }[] | undefined;
};

export type TaskDefinition = {
  readonly taskDefinitionArn: string;
  readonly family?: string | undefined;
  readonly revision?: number | undefined;
  readonly networkMode?: string | undefined;
  readonly containerDefinitions?: readonly ContainerDefinition[] | undefined;
};

export type ContainerDefinition = {
  readonly name?: string | undefined;
  readonly dockerLabels?: Readonly<Record<string, string>> | undefined;
  readonly portMappings?: readonly NetworkBinding[] | undefined;
};

export type Service = {
  readonly serviceArn?: string | undefined;
  readonly serviceName?: string | undefined;
  readonly deployments?:
    | readonly { readonly id?: string | undefined; readonly status?: string | undefined }[]
    | undefined;
  readonly tags?: readonly Tag[] | undefined;
};

export type ContainerInstance = {
  readonly containerInstanceArn?: string | undefined;
  readonly ec2InstanceId?: string | undefined;
};

export type Instance = {
  readonly InstanceId?: string | undefined;
  readonly InstanceType?: string | undefined;
  readonly PrivateIpAddress?: string | undefined;
  readonly VpcId?: string | undefined;
  readonly SubnetId?: string | undefined;
  readonly Tags?: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined;
};

/** An instance of a Cloud Map service: something with an address, often a task. */
export type CloudMapInstance = {
  readonly InstanceId?: string | undefined;
  readonly HealthStatus?: string | undefined;
  readonly Attributes?: Readonly<Record<string, string>> | undefined;
};

/** What one ECS cluster runs: the whole input of service discovery. */
export type ClusterSnapshot = {
  readonly tasks: readonly Task[];
  readonly taskDefinitions: ReadonlyMap<string, TaskDefinition>;
  /** Read only when services are matched by deployment (profile cloudwatch-agent), or for their tags. */
  readonly services: readonly Service[];
  readonly containerInstances: readonly ContainerInstance[];
  readonly instances: readonly Instance[];
  /** The VPC of each subnet that tasks are in, by its id; only where there are several sites. */
  readonly subnets: readonly (readonly [string, string])[];
  /** The instances of Cloud Map services that documents name, by `cloudMapKey`. */
  readonly cloudMap: readonly (readonly [string, readonly CloudMapInstance[]])[];
};
