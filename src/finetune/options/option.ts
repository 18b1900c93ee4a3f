import type {ObjectSchema} from '../../core/schema.js';

/** JSON Schema of one option value. */
export interface ValueSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly [keyword: string]: unknown;
}

/** Type-level key for value types that a schema cannot express. It does not exist at runtime. */
export declare const VALUE: unique symbol;

/** A schema with the type of its values. */
export type SchemaOf<Value> = ValueSchema & {readonly [VALUE]?: Value};

/** Schema for values of a narrower type than JSON Schema can express. */
export const schemaOf = <Value>(schema: ValueSchema): SchemaOf<Value> => schema;

/** An option of a command line or a recipe file. */
export interface Option {
  readonly schema: ValueSchema;
  /** Description for the help, the JSON Schema and docs/options.md. */
  readonly help: string;
  /** Default value. */
  readonly default?: unknown;
  /** Description of the default if it is not a constant. */
  readonly defaultText?: string;
  /** Whether the default is recommended from the dataset (recipe/recommend.ts). */
  readonly isRecommended?: true;
  /** Example value for an option without a default. */
  readonly example?: unknown;
  /** Whether the flag may stand alone, without a value. */
  readonly isValueOptional?: true;
  /** Whether the value is, or may be, a path. */
  readonly isPath?: true;
}

/** One row of `OPTIONS`. */
export interface OptionRow extends Option {
  /**
   * `recipe`: how to train; a key of the library's recipe. `run`: inputs and outputs of a run; also a key of recipe files. `console`:
   * output and resume options of the command line; not in recipe files.
   */
  readonly scope: 'recipe' | 'run' | 'console';
  /** Whether most users need it. Common options come first in long help texts. */
  readonly isCommon?: true;
  /** Whether a resumed run may change the value, because no result depends on it. */
  readonly mayChangeOnResume?: true;
  /** Whether the option is a key of recipe files without a flag, because its value is an object or a list. */
  readonly isFileOnly?: true;
}

/** Options by camelCase key. */
export type OptionTable = Readonly<Record<string, Option>>;

/** Value type of an option, derived from its schema. */
export type ValueOf<Row extends Option> = typeof VALUE extends keyof Row['schema']
  ? Exclude<Row['schema'][typeof VALUE], undefined>
  : Row['schema'] extends {readonly enum: readonly (infer Choice)[]}
    ? Choice
    : Row['schema'] extends {readonly type: 'integer' | 'number'}
      ? number
      : Row['schema'] extends {readonly type: 'boolean'}
        ? boolean
        : string;

/** JSON Schema of an option, with its default and description. */
export const toValueSchema = ({
  schema,
  default: value,
  help,
  defaultText,
}: Option): ValueSchema => ({
  ...schema,
  ...(value !== undefined && {default: value}),
  description: defaultText === undefined ? help : `${help} [default: ${defaultText}]`,
});

/** JSON Schema of an object whose keys are options. */
export const toObjectSchema = (options: OptionTable): ObjectSchema => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    Object.entries(options).map(([key, option]) => [key, toValueSchema(option)]),
  ),
});
