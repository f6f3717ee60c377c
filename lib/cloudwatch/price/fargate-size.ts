/** A task size that Fargate offers. */
export type FargateSize = { readonly vcpu: number; readonly gb: number };

/** By vCPU: the least and the most memory and its step, GB. 0.25 vCPU has three sizes of its own. */
const SIZES: readonly FargateSize[] = [
  ...[0.5, 1, 2].map((gb) => ({ vcpu: 0.25, gb })),
  ...sizesOf(0.5, 1, 4, 1),
  ...sizesOf(1, 2, 8, 1),
  ...sizesOf(2, 4, 16, 1),
  ...sizesOf(4, 8, 30, 1),
  ...sizesOf(8, 16, 60, 4),
  ...sizesOf(16, 32, 120, 8),
];

/** The smallest size with so much of both, or undefined where none is large enough. */
export function fargateSizeFor({ vcpu, gb }: FargateSize): FargateSize | undefined {
  return SIZES.find((size) => size.vcpu >= vcpu && size.gb >= gb);
}

function sizesOf(vcpu: number, least: number, most: number, step: number): FargateSize[] {
  return Array.from({ length: Math.floor((most - least) / step) + 1 }, (_, at) => ({ vcpu, gb: least + at * step }));
}
