import type { NoDelta } from '../prometheus/counter-delta.ts';
import type { EmissionFault } from './emission.ts';

/** Why a sample that a rule selects gives no metric, or not all of them. */
export type DropReason =
  | EmissionFault
  | NoDelta
  | 'missing_dimension'
  | 'no_dimension_set'
  | 'not_a_number'
  | 'timestamp_out_of_window'
  | 'duplicate'
  | 'repeated'
  | 'written_already'
  | 'histogram'
  | 'histogram_bucket'
  | 'malformed_histogram'
  | 'no_observations'
  | 'untyped'
  | 'unsupported_type';
