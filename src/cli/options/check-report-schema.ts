import type {ObjectSchema} from '../../core/schema.js';

const nameList = {type: 'array', items: {type: 'string'}};
const count = {type: 'integer', minimum: 0};

const findingSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['code', 'severity', 'message', 'files'],
  properties: {
    code: {type: 'string', pattern: '^[a-z]+(-[a-z]+)*$', description: 'stable, for programs'},
    severity: {enum: ['note', 'warning', 'error']},
    message: {type: 'string', description: 'what was found and what to do, for people'},
    files: {
      ...nameList,
      description:
        'relative to the data folder; those of --val-data and --test-data begin with validation:// and test://',
    },
    groups: {
      type: 'array',
      items: nameList,
      description: 'the same files, those of one pair or group in one list',
    },
    exclude: {...nameList, description: 'those that --write-exclude writes'},
    className: {type: 'string', description: 'the class it is about, where it is about one'},
  },
};

/** JSON Schema of the document that `finetune check --json` prints. */
export const checkReportSchema: ObjectSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'What finetune check --json prints',
  type: 'object',
  required: ['data', 'layout', 'classes', 'images', 'perClass', 'findings', 'usable'],
  properties: {
    data: {type: 'string', description: 'the folder, absolute'},
    layout: {
      enum: ['classes', 'splits', 'manifest'],
      description: 'class folders; train, val and test with class folders; or a list of images',
    },
    classes: nameList,
    images: {
      type: 'object',
      additionalProperties: false,
      required: ['found', 'readable'],
      properties: {found: count, readable: count},
    },
    perClass: {
      type: 'object',
      description: 'images found of each class in each split',
      additionalProperties: {type: 'object', additionalProperties: count},
    },
    findings: {type: 'array', items: findingSchema},
    usable: {
      type: 'boolean',
      description: 'false where a run would refuse the folder; the exit code is 3 then',
    },
    error: {type: 'object', description: 'why it would'},
  },
};
