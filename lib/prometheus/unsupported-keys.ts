import * as v from 'valibot';

/** A key of Prometheus that does nothing here: it may be empty, which asks for nothing. */
export function unsupported(name: string) {
  return v.optional(
    v.pipe(
      v.unknown(),
      v.check(asksForNothing, `${name} is not supported yet; remove it`),
      v.transform(() => undefined),
    ),
  );
}

function asksForNothing(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === '' || value === 'false';
}

const DISCOVERIES = [
  'aws',
  'azure',
  'consul',
  'digitalocean',
  'dns',
  'docker',
  'dockerswarm',
  'ec2',
  'ecs',
  'elasticache',
  'eureka',
  'gce',
  'hetzner',
  'http',
  'ionos',
  'kubernetes',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'msk',
  'nerve',
  'nomad',
  'oci',
  'openstack',
  'outscale',
  'ovhcloud',
  'puppetdb',
  'rds',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
] as const;

type DiscoveryKey = `${(typeof DISCOVERIES)[number]}_sd_configs`;

const discoveryKeys = DISCOVERIES.map((name): DiscoveryKey => `${name}_sd_configs`);

/** Keys of a scrape configuration that Prometheus 3.14 knows and nobody here serves. */
export const UNSUPPORTED_SETTINGS = {
  ...(Object.fromEntries(discoveryKeys.map((key) => [key, unsupported(key)])) as Record<
    DiscoveryKey,
    ReturnType<typeof unsupported>
  >),
  oauth2: v.optional(
    v.custom<undefined>((input) => input === undefined || input === null, 'oauth2 is not supported yet; remove it'),
  ),
  proxy_url: unsupported('proxy_url'),
  proxy_from_environment: unsupported('proxy_from_environment'),
  proxy_connect_header: unsupported('proxy_connect_header'),
  no_proxy: unsupported('no_proxy'),
};
