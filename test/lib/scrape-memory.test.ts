import { describe, expect, it } from 'vitest';
import { type CompiledFamily, compileFamily, readFamily } from '../../lib/documents.ts';
import { boundMemory, earlierBodies, scrapeMemory, viewMemory } from '../../lib/scrape-memory.ts';

function family(): CompiledFamily {
  const prometheus = 'scrape_configs: [{job_name: a}, {job_name: b}, {job_name: limited, label_limit: 3}]';
  const agent = '{"logs": {"metrics_collected": {"prometheus": {}}}}';
  const texts = { prometheus: { address: 'p', text: prometheus }, agent: { address: 'a', text: agent } };
  return compileFamily(readFamily('web', texts), 'c');
}

function viewOf(family: CompiledFamily, instance = '10.0.0.1:80', job = 0) {
  const labels = new Map([['instance', instance]]);
  const target = { url: '', labels, address: labels, timeoutMs: 1, intervalMs: 1 };
  return { family, job: family.jobs[job] as CompiledFamily['jobs'][number], target };
}

describe('viewMemory', () => {
  const compiled = family();

  it('is the same for a target as long as its labels, its job and its documents stay', () => {
    const memory = scrapeMemory();
    const known = viewMemory(memory, viewOf(compiled));
    expect(viewMemory(memory, viewOf(compiled))).toBe(known);
  });

  it.each([
    ['another target', viewOf(compiled, '10.0.0.2:80')],
    ['another job', viewOf(compiled, '10.0.0.1:80', 1)],
    ['documents that were compiled anew', viewOf(family())],
    ['another interval', { ...viewOf(compiled), target: { ...viewOf(compiled).target, intervalMs: 2 } }],
  ])('is another one for %s', (_, other) => {
    const memory = scrapeMemory();
    const known = viewMemory(memory, viewOf(compiled));
    expect(viewMemory(memory, other)).not.toBe(known);
  });
});

describe('earlierBodies', () => {
  const compiled = family();

  it('knows the names that other targets of the same documents have', () => {
    const memory = scrapeMemory();
    const { names } = earlierBodies(memory, [viewOf(compiled)]);
    expect(names).toBeDefined();
    expect(earlierBodies(memory, [viewOf(compiled, '10.0.0.2:80'), viewOf(compiled)]).names).toBe(names);
    expect(earlierBodies(memory, [viewOf(family())]).names).not.toBe(names);
  });

  it.each([
    ['several documents want names of a body', [viewOf(compiled), viewOf(family())]],
    ['a job wants all of them', [viewOf(compiled, '10.0.0.1:80', 2)]],
  ])('knows no names where %s', (_, views) => {
    const memory = scrapeMemory();
    expect(earlierBodies(memory, views)).toEqual({ labelSets: memory.sets });
  });
});

describe('boundMemory', () => {
  const afterLabelSets = (count: number) => {
    const memory = scrapeMemory();
    const { numbers } = memory;
    for (let i = 0; i < count; i += 1) numbers.numberOf(new Map([['i', String(i)]]));
    boundMemory(memory);
    return { memory, numbers };
  };

  it('keeps what is little', () => {
    const { memory, numbers } = afterLabelSets(100);
    expect(memory.numbers).toBe(numbers);
  });

  it('forgets everything once it is too much', () => {
    const { memory, numbers } = afterLabelSets(50_001);
    expect(memory.numbers).not.toBe(numbers);
    expect(memory.numbers.count()).toBe(0);
    expect(memory.views.size).toBe(0);
  });

  it('counts the series of all targets together', () => {
    const memory = scrapeMemory();
    const [a, b] = ['10.0.0.1:80', '10.0.0.2:80'].map((instance) => viewMemory(memory, viewOf(family(), instance)));
    a!.relabel.total.series += 30_000;
    boundMemory(memory);
    expect(memory.views.size).toBe(2);
    b!.relabel.total.series += 30_000;
    boundMemory(memory);
    expect(memory.views.size).toBe(0);
  });
});
