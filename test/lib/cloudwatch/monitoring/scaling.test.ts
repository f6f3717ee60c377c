import { describe, expect, it } from 'vitest';
import { lintScaling, renderScaling } from '../../../../lib/cloudwatch/monitoring/scaling.ts';
import type { WantedScaling } from '../../../../lib/cloudwatch/monitoring/scaling-settings.ts';
import { kafdropFamily, nginxFamily } from './monitored-families.ts';

const threads: WantedScaling = {
  name: 'threads',
  MetricName: 'jvm_threads_current',
  Statistic: 'Average',
  TargetValue: 50,
};
const scaled = (...scaling: readonly WantedScaling[]) => ({ ...kafdropFamily, scaling });

describe('renderScaling', () => {
  it('tracks a metric of a service that it makes scalable', () => {
    const wanted = { ...threads, ServiceName: 'drop', Range: '3-6', ScaleInCooldown: 0, Unit: 'Count' as const };
    expect(renderScaling(scaled(wanted))).toEqual({
      Parameters: {},
      Resources: {
        ScalableTargetOfdrop: {
          Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
          Properties: {
            ServiceNamespace: 'ecs',
            ScalableDimension: 'ecs:service:DesiredCount',
            ResourceId: 'service/prod/drop',
            MinCapacity: 3,
            MaxCapacity: 6,
          },
        },
        Scalingthreads: {
          Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
          Properties: {
            PolicyName: 'prod-kafdrop-threads',
            PolicyType: 'TargetTrackingScaling',
            ScalingTargetId: { Ref: 'ScalableTargetOfdrop' },
            TargetTrackingScalingPolicyConfiguration: {
              TargetValue: 50,
              ScaleInCooldown: 0,
              CustomizedMetricSpecification: {
                Namespace: 'ECS/ContainerInsights/Prometheus',
                MetricName: 'jvm_threads_current',
                Dimensions: [
                  { Name: 'ClusterName', Value: 'prod' },
                  { Name: 'TaskDefinitionFamily', Value: 'kafdrop' },
                ],
                Statistic: 'Average',
                Unit: 'Count',
              },
            },
          },
        },
      },
    });
  });

  it('asks for a service that is not named, and leaves alone what something else made scalable', () => {
    const { Parameters, Resources } = renderScaling(scaled({ ...threads, DisableScaleIn: true }));
    expect(Object.keys(Parameters ?? {})).toEqual(['ServiceName']);
    expect(Object.keys(Resources)).toEqual(['Scalingthreads']);
    expect(Resources.Scalingthreads?.Properties).toMatchObject({
      ServiceNamespace: 'ecs',
      ScalableDimension: 'ecs:service:DesiredCount',
      ResourceId: { 'Fn::Join': ['/', ['service', 'prod', { Ref: 'ServiceName' }]] },
      TargetTrackingScalingPolicyConfiguration: { DisableScaleIn: true },
    });
  });

  it('makes a service scalable once for all its policies', () => {
    const { Resources } = renderScaling(scaled({ ...threads, Range: '1-2' }, { ...threads, name: 'b' }));
    expect(Object.keys(Resources)).toEqual(['ScalableTarget', 'Scalingthreads', 'Scalingb']);
    expect(Resources.Scalingb?.Properties.ScalingTargetId).toEqual({ Ref: 'ScalableTarget' });
  });

  it('gives nothing where nothing is wanted', () => {
    expect(renderScaling(kafdropFamily)).toEqual({ Parameters: {}, Resources: {} });
  });

  it('refuses settings that were not checked', () => {
    const wanted = [
      { ...threads, Range: '1-2' },
      { ...threads, name: 'b', Range: '1-3' },
    ];
    expect(() => renderScaling(scaled(...wanted))).toThrow('Scaling.b.Range: expected 1-2');
  });
});

describe('lintScaling', () => {
  it('doubts a sum of increases, which more tasks do not make smaller', () => {
    const wanted = { ...threads, MetricName: 'nginx_http_requests_total', Statistic: 'Sum' as const };
    expect(lintScaling({ ...nginxFamily, scaling: [wanted] })).toEqual([
      {
        severity: 'warning',
        path: ['Scaling', 'threads', 'Statistic'],
        text: 'the sum of nginx_http_requests_total over all tasks does not fall when tasks are added, so that scaling never settles; write Statistic: Average for the increase per task',
      },
    ]);
    expect(lintScaling({ ...nginxFamily, scaling: [{ ...wanted, Statistic: 'Average' }] })).toEqual([]);
  });

  it('doubts a metric that nothing selects', () => {
    expect(lintScaling(scaled({ ...threads, MetricName: 'lag' }))).toEqual([
      {
        severity: 'warning',
        path: ['Scaling', 'threads', 'MetricName'],
        text: 'no declaration of family kafdrop selects lag; add one, or correct the name',
      },
    ]);
  });

  it('refuses two ranges of one service', () => {
    const wanted = [
      { ...threads, Range: '1-2' },
      { ...threads, name: 'b', Range: '1-3' },
      { ...threads, name: 'c', Range: '4-5', ServiceName: 'other' },
    ];
    expect(lintScaling(scaled(...wanted))).toEqual([
      {
        severity: 'error',
        path: ['Scaling', 'b', 'Range'],
        text: 'expected 1-2, which another policy of the service has, found 1-3; a service has one range',
      },
    ]);
  });
});
