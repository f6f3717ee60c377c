import type { MotoPart } from './moto.ts';
import { seedBucket, seedNetwork, seedQueue, seedTasks } from './moto-seeds.ts';

/** The names of a stack whose cluster `prod` runs one task of the family `shop`, with an exporter on port 9404. */
export const SHOP = {
  prefix: 'prom-emf-real',
  bucket: 'prom-emf-real-123456789012-eu-west-1',
  queueName: 'prom-emf-real-shards',
  cluster: 'prod',
  port: 9404,
} as const;

/** Runs the task; gives the address where its exporter must listen, and the environment of the functions. */
export async function seedShop({ client, environment }: MotoPart) {
  await seedQueue(client, SHOP.queueName);
  await seedBucket(client, SHOP.bucket);
  const [task] = await seedTasks(client, await seedNetwork(client), {
    clusterName: SHOP.cluster,
    family: 'shop',
    containers: [{ name: 'shop', containerPorts: [SHOP.port] }],
    count: 1,
  });
  const env = {
    ...environment,
    DOCUMENTS_PREFIX: '/prom-emf/real',
    BUCKET_PREFIX: SHOP.prefix,
    QUEUE_NAME: SHOP.queueName,
    CLUSTERS: SHOP.cluster,
    ALLOWED_NETWORKS: '127.0.0.0/8',
  };
  return { address: task?.address ?? '', env };
}
