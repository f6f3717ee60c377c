import appmesh from './appmesh.json' with { type: 'json' };
import fluentbit from './fluentbit.json' with { type: 'json' };
import go from './go.json' with { type: 'json' };
import haproxy from './haproxy.json' with { type: 'json' };
import javajmx from './javajmx.json' with { type: 'json' };
import kafkaBroker from './kafka-broker.json' with { type: 'json' };
import kafkaConnect from './kafka-connect.json' with { type: 'json' };
import memcached from './memcached.json' with { type: 'json' };
import nginx from './nginx.json' with { type: 'json' };
import nginxplus from './nginxplus.json' with { type: 'json' };
import node from './node.json' with { type: 'json' };
import nodejs from './nodejs.json' with { type: 'json' };
import postgresql from './postgresql.json' with { type: 'json' };
import redis from './redis.json' with { type: 'json' };
import spring from './spring.json' with { type: 'json' };
import tomcat from './tomcat.json' with { type: 'json' };
import traefik from './traefik.json' with { type: 'json' };

/** Every rule pack that ships, as data: parseRulePack checks it. */
export const packs: readonly unknown[] = [
  appmesh,
  fluentbit,
  go,
  haproxy,
  javajmx,
  kafkaBroker,
  kafkaConnect,
  memcached,
  nginx,
  nginxplus,
  node,
  nodejs,
  postgresql,
  redis,
  spring,
  tomcat,
  traefik,
];
