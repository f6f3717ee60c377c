import { describe, expect, it } from 'vitest';
import { churn, createFleet, deploy, type Fleet, passMinute } from './fleet.ts';

const ports = { task: 9100, dynamic: [9101, 9102, 9103] };
const create = (tasks = 200, families = 20) => createFleet({ tasks, families, clusters: 2, ports, seed: 7 });
const addresses = (fleet: Fleet) => [...fleet.tasks.values()].map(({ ip, port }) => `${ip}:${port}`);

describe('a fleet', () => {
  it('has every network mode, and no two tasks at one address', () => {
    const fleet = create();
    const modes = [...fleet.tasks.values()].map(({ family }) => family.mode);
    expect(new Set(modes)).toEqual(new Set(['awsvpc', 'host', 'bridge']));
    expect(new Set(addresses(fleet)).size).toBe(200);
    for (const address of addresses(fleet)) expect(address).toMatch(/^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./);
  });

  it('is the same for the same seed', () => {
    const afterMinutes = (fleet: Fleet) => {
      for (let minute = 0; minute < 3; minute++) {
        passMinute(fleet);
        churn(fleet, 0.1);
      }
      return [...fleet.tasks.values()].map(({ id, ip, port, work }) => [id, ip, port, work]);
    };
    expect(afterMinutes(create())).toEqual(afterMinutes(create()));
  });

  it('replaces a share of its tasks at addresses that are free again', () => {
    const fleet = create();
    const before = new Set(fleet.tasks.keys());
    const [places, known] = [new Set(addresses(fleet)), fleet.addresses];
    churn(fleet, 0.2);
    const replaced = [...fleet.tasks.keys()].filter((id) => !before.has(id)).length;
    expect(replaced).toBeGreaterThan(20);
    expect(replaced).toBeLessThan(60);
    expect([fleet.tasks.size, fleet.addresses]).toEqual([200, known]);
    expect(new Set(addresses(fleet))).toEqual(places);
  });

  it('rolls a family to its next revision over some minutes, in which new tasks are pending first', () => {
    const fleet = create(80, 4);
    const [family] = fleet.families;
    const members = () => [...fleet.tasks.values()].filter((task) => task.family === family);
    deploy(fleet, family!);
    const minutes = Array.from({ length: 6 }, () => {
      passMinute(fleet);
      const pending = members().filter(({ lastStatus }) => lastStatus === 'PENDING').length;
      return [members().filter(({ revision }) => revision === 2).length, pending, members().length];
    });
    expect(minutes).toEqual([
      [5, 5, 20],
      [10, 5, 20],
      [15, 5, 20],
      [20, 5, 20],
      [20, 0, 20],
      [20, 0, 20],
    ]);
    expect(fleet.deploying.size).toBe(0);
  });
});
