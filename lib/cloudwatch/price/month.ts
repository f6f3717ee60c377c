/** A month of AWS's own price examples: 730 hours. */
export const HOURS_A_MONTH = 730;
export const MINUTES_A_MONTH = HOURS_A_MONTH * 60;
export const SECONDS_A_MONTH = MINUTES_A_MONTH * 60;

/** Bytes as the GB of data transfer and logs, 2^30. */
export function gigabytes(bytes: number): number {
  return bytes / 2 ** 30;
}
