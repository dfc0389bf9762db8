import { Column, PrimaryColumn, type ColumnOptions, type TableColumnOptions } from 'typeorm';

// The only column shapes there are: each as the decorator an entity uses and as the definition a migration uses.
// Types are explicit, so nothing is inferred per dialect; `datetime(3)` keeps the milliseconds on MySQL.
// Whatever is looked up by value is ASCII (hex, or a word of ours): MySQL compares text without regard to case and accents.

interface Nullable {
  nullable?: boolean;
}

const shapes = {
  id: { type: 'varchar', length: '32' },
  digest: { type: 'varchar', length: '64' },
  word: { type: 'varchar', length: '32' },
  line: { type: 'varchar', length: '512' },
  body: { type: 'text' },
  count: { type: 'integer' },
  flag: { type: 'boolean' },
  instant: { type: 'datetime', precision: 3 },
} as const;

type Shape = keyof typeof shapes;

function decorator(shape: Shape): (options?: Nullable) => PropertyDecorator {
  return ({ nullable = false } = {}) => Column({ ...shapes[shape], nullable } as ColumnOptions);
}

/** A primary key of ours: 128 random bits in hex. */
export const Id = (): PropertyDecorator => PrimaryColumn(shapes.id);
/** The id of a row elsewhere. */
export const Ref = decorator('id');
/** A SHA-256 in hex. */
export const Digest = decorator('digest');
/** A digest as the primary key. */
export const DigestId = (): PropertyDecorator => PrimaryColumn(shapes.digest);
/** A word of ours: a type, a status, a level. At most 32 characters. */
export const Word = decorator('word');
/** A line of text, at most 512 characters. */
export const Line = decorator('line');
/** Text of any length. */
export const Body = decorator('body');
/** A whole number from 0. */
export const Count = decorator('count');
export const Flag = decorator('flag');
/** A moment, in UTC with milliseconds. */
export const Instant = decorator('instant');

function definition(shape: Shape): (name: string, options?: Nullable) => TableColumnOptions {
  return (name, { nullable = false } = {}) => ({ ...shapes[shape], name, isNullable: nullable });
}

/** The same shapes for migrations (Table API). */
export const columns = {
  primaryId: (): TableColumnOptions => ({ ...shapes.id, name: 'id', isPrimary: true }),
  primaryDigest: (name: string): TableColumnOptions => ({ ...shapes.digest, name, isPrimary: true }),
  ref: definition('id'),
  digest: definition('digest'),
  word: definition('word'),
  line: definition('line'),
  body: definition('body'),
  count: definition('count'),
  flag: definition('flag'),
  instant: definition('instant'),
};
