// Building blocks for the JSON Schemas of augmentation settings.

export const fraction = {type: 'number', minimum: 0, maximum: 1};

export const positivePair = {
  type: 'array',
  items: {type: 'number', exclusiveMinimum: 0},
  minItems: 2,
  maxItems: 2,
};

export const fractionPair = {
  type: 'array',
  items: {type: 'number', exclusiveMinimum: 0, maximum: 1},
  minItems: 2,
  maxItems: 2,
};

/** Schema of an object without additional properties. @param optional keys that may be absent */
export const objectOf = (
  properties: Readonly<Record<string, object>>,
  optional: readonly string[] = [],
): object => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter(key => !optional.includes(key)),
  properties,
});
