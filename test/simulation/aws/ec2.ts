import type { Fleet, FleetInstance } from '../fleet.ts';
import { type AwsAnswer, AwsError, type AwsService, type Input, pageOf } from './call.ts';
import { element } from './xml.ts';

/** DescribeInstances over the instances of a fleet: filters by instance-id, in pages. */
export function ec2Service(fleet: Fleet): AwsService {
  return ({ operation, input }) => {
    if (operation !== 'DescribeInstances') throw new AwsError('InvalidAction', `${operation} is not simulated`);
    const ids = filterValues(input, 'instance-id');
    if (ids.length > 200) throw new AwsError('FilterLimitExceeded', 'The maximum number of filter values is 200.');
    const found = ids.length === 0 ? [...fleet.instances.values()] : ids.flatMap((id) => fleet.instances.get(id) ?? []);
    const { page, next } = pageOf(found, Number(input.MaxResults ?? 1000), input.NextToken);
    return answerOf(page, next);
  };
}

/** The values of a filter: Filter.1.Name=instance-id, Filter.1.Value.1=i-0 and so on. */
function filterValues(input: Input, name: string): readonly string[] {
  const numbers = Object.keys(input).flatMap((key) => /^Filter\.(\d+)\.Name$/.exec(key)?.[1] ?? []);
  for (const number of numbers) {
    const filter = input[`Filter.${number}.Name`];
    if (filter !== name) throw new AwsError('InvalidParameterValue', `The filter '${String(filter)}' is not simulated`);
  }
  const keys = Object.keys(input).filter((key) => /^Filter\.\d+\.Value\.\d+$/.test(key));
  return keys.map((key) => String(input[key]));
}

function answerOf(instances: readonly FleetInstance[], next: string | undefined): AwsAnswer {
  const reservations = instances.map((instance) => element('item', element('instancesSet', itemOf(instance)))).join('');
  const token = next === undefined ? '' : element('nextToken', next);
  const content = `${element('reservationSet', reservations)}${token}`;
  return { status: 200, body: element('DescribeInstancesResponse', content) };
}

function itemOf({ id, ip }: FleetInstance): string {
  const fields = {
    instanceId: id,
    instanceType: 'm7g.large',
    privateIpAddress: ip,
    subnetId: 'subnet-00000000000000000',
    vpcId: 'vpc-00000000000000000',
    imageId: 'ami-00000000000000000',
    architecture: 'arm64',
  };
  const texts = Object.entries(fields).map(([name, value]) => element(name, value));
  const tags = element('tagSet', element('item', `${element('key', 'Name')}${element('value', `host of ${id}`)}`));
  return element('item', `${texts.join('')}${tags}`);
}
