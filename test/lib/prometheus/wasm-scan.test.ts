import { afterEach, describe, expect, it, vi } from 'vitest';
import { wasmScanner } from '../../../lib/prometheus/wasm-scan.ts';

describe('wasmScanner', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is a scanner', () => {
    expect(wasmScanner()).toBeTypeOf('function');
  });

  it.each([
    { name: 'WebAssembly', stub: undefined },
    {
      name: 'its SIMD',
      stub: {
        Module: () => {
          throw new Error('invalid opcode');
        },
      },
    },
  ])('is none without $name', ({ stub }) => {
    vi.stubGlobal('WebAssembly', stub);
    expect(wasmScanner()).toBeUndefined();
  });
});
