/** The parts of ECS and EC2 API answers that discovery reads, in the API's spelling. */
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
};

/** What one ECS cluster runs: the whole input of service discovery. */
export type ClusterSnapshot = {
  readonly tasks: readonly Task[];
  readonly taskDefinitions: ReadonlyMap<string, TaskDefinition>;
  /** Read only when services are matched by deployment (profile cloudwatch-agent). */
  readonly services: readonly Service[];
  readonly containerInstances: readonly ContainerInstance[];
  readonly instances: readonly Instance[];
};
