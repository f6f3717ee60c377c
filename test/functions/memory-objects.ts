import { formatS3Address, type TextObjects } from '../../lib/io/s3.ts';

/** Objects by their addresses, s3://BUCKET/KEY. */
export function memoryObjects(texts: Readonly<Record<string, string>> = {}): TextObjects {
  const stored = new Map(Object.entries(texts));
  return {
    read: async (address) => stored.get(formatS3Address(address)),
    write: async (address, text) => {
      stored.set(formatS3Address(address), text);
    },
    list: async (bucket, prefix) =>
      [...stored.keys()]
        .filter((address) => address.startsWith(`s3://${bucket}/${prefix}`))
        .map((address) => address.slice(`s3://${bucket}/`.length)),
  };
}
