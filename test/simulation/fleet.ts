import { type Random, seededRandom, wholeNumber } from './random.ts';

export type NetworkMode = 'awsvpc' | 'host' | 'bridge';

export type FleetFamily = {
  readonly name: string;
  readonly cluster: string;
  readonly mode: NetworkMode;
  /** The service whose tasks these are; other families run single tasks. */
  readonly service: string | undefined;
  /** New tasks are of this revision. */
  revision: number;
};

export type FleetInstance = {
  readonly id: string;
  readonly containerInstanceId: string;
  readonly cluster: string;
  readonly ip: string;
  /** By the port of the instance at which they listen. */
  readonly tasks: Map<number, FleetTask>;
};

export type FleetTask = {
  readonly id: string;
  readonly family: FleetFamily;
  readonly revision: number;
  readonly ip: string;
  port: number;
  readonly instance: FleetInstance | undefined;
  lastStatus: 'PENDING' | 'RUNNING';
  /** What the task has done since it started: its counters are multiples of it. */
  work: number;
  /** How its exporter fails; undefined: it does not. */
  failure?: ExporterFailure | undefined;
};

/** Accepts and never answers, resets the connection, ends within its answer, or answers with status 500. */
export type ExporterFailure = 'hangs' | 'resets' | 'ends' | 'status 500';

/** A model of what a site runs. It only changes through the functions below. */
export type Fleet = {
  readonly clusters: string[];
  readonly families: readonly FleetFamily[];
  readonly ports: ExporterPorts;
  readonly tasks: Map<string, FleetTask>;
  /** By `ip:port`. */
  readonly listening: Map<string, FleetTask>;
  readonly instances: Map<string, FleetInstance>;
  /** Families on their way to their revision. */
  readonly deploying: Set<FleetFamily>;
  readonly random: Random;
  readonly freeAddresses: string[];
  started: number;
  addresses: number;
};

/** Where one exporter listens at all addresses of 127.64.0.0/10: for awsvpc and host mode, and as dynamic ports. */
export type ExporterPorts = { readonly task: number; readonly dynamic: readonly number[] };

export type FleetSettings = {
  readonly tasks: number;
  readonly families: number;
  readonly clusters: number;
  readonly ports: ExporterPorts;
  readonly seed: number;
};

/** Of ten families six run on Fargate, one on EC2 in host mode, three on EC2 in bridge mode. */
const MODES: readonly NetworkMode[] = [
  'awsvpc',
  'awsvpc',
  'bridge',
  'awsvpc',
  'host',
  'awsvpc',
  'bridge',
  'awsvpc',
  'bridge',
  'awsvpc',
];
/** A family that is deployed exchanges so much of its tasks in a minute. */
const DEPLOYED_A_MINUTE = 0.25;

/** A fleet whose tasks all run; the same for the same settings. */
export function createFleet({ tasks, families, clusters, ports, seed }: FleetSettings): Fleet {
  const names = Array.from({ length: clusters }, (_, i) => `cluster-${i}`);
  const fleet: Fleet = {
    clusters: names,
    families: Array.from({ length: families }, (_, i) => familyOf(i, names[i % clusters] as string)),
    ports,
    tasks: new Map(),
    listening: new Map(),
    instances: new Map(),
    deploying: new Set(),
    random: seededRandom(seed),
    freeAddresses: [],
    started: 0,
    addresses: 0,
  };
  for (let i = 0; i < tasks; i++) startTask(fleet, fleet.families[i % families] as FleetFamily, 'RUNNING');
  return fleet;
}

function familyOf(index: number, cluster: string): FleetFamily {
  const name = `family-${index}`;
  const mode = MODES[index % MODES.length] as NetworkMode;
  return { name, cluster, mode, service: index % 3 === 0 ? undefined : name, revision: 1 };
}

/** A minute passes: pending tasks run, all do some work, deployments go on. */
export function passMinute(fleet: Fleet): void {
  for (const task of fleet.tasks.values()) {
    task.lastStatus = 'RUNNING';
    task.work += 1 + wholeNumber(fleet.random, 1000);
  }
  for (const family of fleet.deploying) deployPart(fleet, family);
}

/** Replaces this share of all tasks: their addresses go to the new ones, which run at once. */
export function churn(fleet: Fleet, share: number): void {
  for (const task of [...fleet.tasks.values()]) {
    if (fleet.random() >= share) continue;
    stopTask(fleet, task);
    startTask(fleet, task.family, 'RUNNING');
  }
}

/** Begins to exchange the tasks of a family for those of a new revision, a quarter of them a minute. */
export function deploy(fleet: Fleet, family: FleetFamily): void {
  family.revision += 1;
  fleet.deploying.add(family);
}

function deployPart(fleet: Fleet, family: FleetFamily): void {
  const members = [...fleet.tasks.values()].filter((task) => task.family === family);
  const old = members.filter((task) => task.revision < family.revision);
  for (const task of old.slice(0, Math.ceil(members.length * DEPLOYED_A_MINUTE))) {
    startTask(fleet, family, 'PENDING');
    stopTask(fleet, task);
  }
  if (old.length === 0) fleet.deploying.delete(family);
}

export function startTask(fleet: Fleet, family: FleetFamily, lastStatus: FleetTask['lastStatus']): FleetTask {
  const { instance, ip, port } = placeOf(fleet, family);
  const id = hexId(++fleet.started, 32);
  const task: FleetTask = { id, family, revision: family.revision, ip, port, instance, lastStatus, work: 0 };
  instance?.tasks.set(port, task);
  fleet.tasks.set(id, task);
  fleet.listening.set(`${ip}:${port}`, task);
  return task;
}

export function stopTask(fleet: Fleet, task: FleetTask): void {
  fleet.tasks.delete(task.id);
  fleet.listening.delete(`${task.ip}:${task.port}`);
  if (task.instance === undefined) fleet.freeAddresses.push(task.ip);
  else task.instance.tasks.delete(task.port);
}

/** From now on a task on an instance (bridge mode) is said to be at another port, where somebody else may listen. */
export function movePort(fleet: Fleet, task: FleetTask, port: number): void {
  fleet.listening.delete(`${task.ip}:${task.port}`);
  task.instance?.tasks.delete(task.port);
  task.port = port;
}

/** A cluster that is deleted, with all that it runs. */
export function deleteCluster(fleet: Fleet, cluster: string): void {
  for (const task of [...fleet.tasks.values()]) if (task.family.cluster === cluster) stopTask(fleet, task);
  fleet.clusters.splice(fleet.clusters.indexOf(cluster), 1);
}

function placeOf(fleet: Fleet, { cluster, mode }: FleetFamily): Pick<FleetTask, 'instance' | 'ip' | 'port'> {
  if (mode === 'awsvpc') return { instance: undefined, ip: newAddress(fleet), port: fleet.ports.task };
  const wanted = mode === 'host' ? [fleet.ports.task] : fleet.ports.dynamic;
  const freePort = (instance: FleetInstance) => wanted.find((port) => !instance.tasks.has(port));
  const instance = instanceWith(fleet, cluster, (each) => freePort(each) !== undefined);
  return { instance, ip: instance.ip, port: freePort(instance) as number };
}

/** Instances fill up in the order of their start. */
function instanceWith(fleet: Fleet, cluster: string, hasRoom: (instance: FleetInstance) => boolean): FleetInstance {
  for (const instance of fleet.instances.values())
    if (instance.cluster === cluster && hasRoom(instance)) return instance;
  const number = fleet.instances.size + 1;
  const instance: FleetInstance = {
    id: `i-${hexId(number, 17)}`,
    containerInstanceId: hexId(number + 2 ** 24, 32),
    cluster,
    ip: newAddress(fleet),
    tasks: new Map(),
  };
  fleet.instances.set(instance.id, instance);
  return instance;
}

function newAddress(fleet: Fleet): string {
  const free = fleet.freeAddresses.shift();
  if (free !== undefined) return free;
  const number = ++fleet.addresses;
  return `127.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** Digits that look like those of AWS: no two numbers give the same. */
function hexId(number: number, digits: number): string {
  const head = Math.imul(number, 0x9e3779b1) >>> 0;
  return `${head.toString(16).padStart(8, '0')}${number.toString(16)}`.padEnd(digits, '0');
}
