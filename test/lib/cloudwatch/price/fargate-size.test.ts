import { describe, expect, it } from 'vitest';
import { type FargateSize, fargateSizeFor } from '../../../../lib/cloudwatch/price/fargate-size.ts';

describe('the smallest Fargate task', () => {
  const rows: readonly { needs: FargateSize; size: FargateSize | undefined }[] = [
    { needs: { vcpu: 0.01, gb: 0.1 }, size: { vcpu: 0.25, gb: 0.5 } },
    { needs: { vcpu: 0.25, gb: 1.5 }, size: { vcpu: 0.25, gb: 2 } },
    { needs: { vcpu: 0.1, gb: 2.5 }, size: { vcpu: 0.5, gb: 3 } },
    { needs: { vcpu: 0.7, gb: 4.3 }, size: { vcpu: 1, gb: 5 } },
    { needs: { vcpu: 2.8, gb: 4.3 }, size: { vcpu: 4, gb: 8 } },
    { needs: { vcpu: 4, gb: 31 }, size: { vcpu: 8, gb: 32 } },
    { needs: { vcpu: 9, gb: 33 }, size: { vcpu: 16, gb: 40 } },
    { needs: { vcpu: 16, gb: 120 }, size: { vcpu: 16, gb: 120 } },
    { needs: { vcpu: 17, gb: 1 }, size: undefined },
    { needs: { vcpu: 1, gb: 121 }, size: undefined },
  ];
  it.each(rows)('for $needs is $size', ({ needs, size }) => {
    expect(fargateSizeFor(needs)).toEqual(size);
  });
});
