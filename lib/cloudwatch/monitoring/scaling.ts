import { isCounterName } from './dashboard-widget.ts';
import { type MonitoredFamily, refuseErrors, type SettingProblem } from './monitored-family.ts';
import {
  dimensionParameters,
  resolveDimensions,
  SERVICE_NAME_PARAMETER,
  serviceNameParameter,
} from './published-metric.ts';
import { capacityOf, type WantedScaling } from './scaling-settings.ts';
import { boundedName, logicalId, type Resource, type TemplatePart } from './template-part.ts';

const SCALABLE = { ServiceNamespace: 'ecs', ScalableDimension: 'ecs:service:DesiredCount' } as const;

/** What is wrong with the scaling of a family, beyond what its schema says. */
export function lintScaling(family: MonitoredFamily): readonly SettingProblem[] {
  return [...family.scaling.flatMap((wanted) => metricDoubts(family, wanted)), ...rangeConflicts(family.scaling)];
}

function metricDoubts(family: MonitoredFamily, wanted: WantedScaling): SettingProblem[] {
  const { MetricName, Statistic, Dimensions = {} } = wanted;
  const warn = (key: string, text: string) =>
    ({ severity: 'warning', path: ['Scaling', wanted.name, key], text }) as const;
  const { doubt } = resolveDimensions(family, MetricName, Dimensions);
  const isTotal = Statistic === 'Sum' && isCounterName(MetricName);
  const total = `the sum of ${MetricName} over all tasks does not fall when tasks are added, so that scaling never settles; write Statistic: Average for the increase per task`;
  return [...(doubt === undefined ? [] : [warn('MetricName', doubt)]), ...(isTotal ? [warn('Statistic', total)] : [])];
}

/** Policies of one service share its capacity. */
function rangeConflicts(scaling: readonly WantedScaling[]): SettingProblem[] {
  const taken = new Map<string | undefined, string>();
  return scaling.flatMap(({ name, ServiceName, Range }) => {
    if (Range === undefined) return [];
    const other = taken.get(ServiceName) ?? Range;
    taken.set(ServiceName, other);
    const text = `expected ${other}, which another policy of the service has, found ${Range}; a service has one range`;
    return other === Range ? [] : [{ severity: 'error', path: ['Scaling', name, 'Range'], text } as const];
  });
}

/**
 * Target tracking on metrics of the family: AWS::ApplicationAutoScaling::ScalingPolicy, and a ScalableTarget for each
 * service with a range.
 * @throws {Error} with the errors that lintScaling finds.
 */
export function renderScaling(family: MonitoredFamily): TemplatePart {
  refuseErrors(lintScaling(family));
  const targets = new Map(family.scaling.flatMap((wanted) => targetOf(family, wanted)));
  const policies = family.scaling.map((wanted) => policyOf(family, wanted, targets));
  const asks = family.scaling.some(({ ServiceName }) => ServiceName === undefined);
  return {
    Parameters: {
      ...Object.assign({}, ...policies.map(({ parameters }) => parameters)),
      ...(asks && { [SERVICE_NAME_PARAMETER]: serviceNameParameter }),
    },
    Resources: Object.fromEntries([...targets, ...policies.map(({ id, resource }) => [id, resource] as const)]),
  };
}

function targetId({ ServiceName }: WantedScaling): string {
  return ServiceName === undefined ? 'ScalableTarget' : logicalId('ScalableTargetOf', ServiceName);
}

function resourceId({ cluster }: MonitoredFamily, { ServiceName }: WantedScaling): unknown {
  if (ServiceName !== undefined) return `service/${cluster}/${ServiceName}`;
  return { 'Fn::Join': ['/', ['service', cluster, { Ref: SERVICE_NAME_PARAMETER }]] };
}

function targetOf(family: MonitoredFamily, wanted: WantedScaling): [string, Resource][] {
  const capacity = wanted.Range === undefined ? undefined : capacityOf(wanted.Range);
  if (capacity === undefined) return [];
  const Properties = {
    ...SCALABLE,
    ResourceId: resourceId(family, wanted),
    MinCapacity: capacity.min,
    MaxCapacity: capacity.max,
  };
  return [[targetId(wanted), { Type: 'AWS::ApplicationAutoScaling::ScalableTarget', Properties }]];
}

function policyOf(family: MonitoredFamily, wanted: WantedScaling, targets: ReadonlyMap<string, Resource>) {
  const { name, MetricName, Statistic, Unit, TargetValue, Dimensions = {} } = wanted;
  const { ScaleInCooldown, ScaleOutCooldown, DisableScaleIn } = wanted;
  const { dimensions } = resolveDimensions(family, MetricName, Dimensions);
  const target = targetId(wanted);
  const Properties = {
    PolicyName: boundedName(`${family.cluster}-${family.family}-${name}`),
    PolicyType: 'TargetTrackingScaling',
    ...(targets.has(target)
      ? { ScalingTargetId: { Ref: target } }
      : { ...SCALABLE, ResourceId: resourceId(family, wanted) }),
    TargetTrackingScalingPolicyConfiguration: {
      TargetValue,
      ...(ScaleInCooldown !== undefined && { ScaleInCooldown }),
      ...(ScaleOutCooldown !== undefined && { ScaleOutCooldown }),
      ...(DisableScaleIn !== undefined && { DisableScaleIn }),
      CustomizedMetricSpecification: {
        Namespace: family.namespace,
        MetricName,
        Dimensions: dimensions,
        Statistic,
        ...(Unit !== undefined && { Unit }),
      },
    },
  };
  return {
    id: logicalId('Scaling', name),
    resource: { Type: 'AWS::ApplicationAutoScaling::ScalingPolicy', Properties },
    parameters: dimensionParameters(dimensions),
  };
}
