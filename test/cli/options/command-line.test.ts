import {expect} from 'chai';
import {parseCommandLine} from '../../../src/cli/options/command-line.js';
import {COMMAND_NAMES, COMMANDS, type CommandSpec} from '../../../src/cli/commands.js';
import {toKebabCase} from '../../../src/cli/terminal/format.js';
import {rejectionOf} from '../../helpers/rejection.js';

const read = (line: string) => parseCommandLine(line.split(' ').filter(Boolean), 100);

describe('the command line', () => {
  const READ: readonly (readonly [
    line: string,
    command: string,
    positionals: object,
    flags: object,
  ])[] = [
    ['', 'train', {}, {}],
    ['--data pets', 'train', {}, {data: 'pets'}],
    ['train --data pets', 'train', {}, {data: 'pets'}],
    ['--data=pets --batch-size 8', 'train', {}, {data: 'pets', 'batch-size': '8'}],
    ['--lr 1e-4 --seed 007', 'train', {}, {lr: '1e-4', seed: '007'}],
    ['--lr 1 --lr 2', 'train', {}, {lr: '2'}],
    ['--overwrite', 'train', {}, {overwrite: true}],
    ['--no-overwrite --offline=false', 'train', {}, {overwrite: false, offline: false}],
    ['--resume', 'train', {}, {resume: ''}],
    ['--resume --json', 'train', {}, {resume: '', json: true}],
    ['--resume runs/a', 'train', {}, {resume: 'runs/a'}],
    ['check pets --json', 'check', {dir: 'pets'}, {json: true}],
    ['check 7', 'check', {dir: '7'}, {}],
    ['check --data pets --json', 'check', {dir: 'pets'}, {json: true}],
    ['preview --json --data=pets', 'preview', {dir: 'pets'}, {json: true}],
    ['pets', 'train', {}, {data: 'pets'}],
    ['./tran --epochs 1', 'train', {}, {data: './tran', epochs: '1'}],
    ['train pets', 'train', {}, {data: 'pets'}],
    ['train train', 'train', {}, {data: 'train'}],
    ['--json pets', 'train', {}, {json: true, data: 'pets'}],
    ['--epochs 1 -- -pets', 'train', {}, {data: './-pets', epochs: '1'}],
    ['check -- --pets', 'check', {dir: './--pets'}, {}],
    ['check -', 'check', {dir: '-'}, {}],
    ['evaluate model --data pets', 'evaluate', {model: ['model']}, {data: 'pets'}],
    ['evaluate a b pets', 'evaluate', {model: ['a', 'b', 'pets']}, {}],
    ['evaluate --data pets', 'evaluate', {model: []}, {data: 'pets'}],
    [
      'predict model a.jpg b.jpg --top 3',
      'predict',
      {model: 'model', image: ['a.jpg', 'b.jpg']},
      {top: '3'},
    ],
    ['predict model -- -a.jpg -', 'predict', {model: 'model', image: ['./-a.jpg', '-']}, {}],
    [
      'predict model - --exclude list.txt',
      'predict',
      {model: 'model', image: ['-']},
      {exclude: 'list.txt'},
    ],
    ['predict', 'predict', {model: undefined, image: []}, {}],
    ['models', 'models', {}, {}],
    ['backend', 'backend', {task: undefined}, {}],
    ['backend install --from wheels', 'backend', {task: 'install'}, {from: 'wheels'}],
    ['init', 'init', {file: undefined}, {}],
    ['init my.jsonc', 'init', {file: 'my.jsonc'}, {}],
    ['schema', 'schema', {document: undefined}, {}],
    ['schema check', 'schema', {document: 'check'}, {}],
    ['features --data pets', 'features', {dir: 'pets'}, {}],
    ['study degradation pets', 'study', {study: 'degradation'}, {data: 'pets'}],
    ['demo', 'demo', {dir: undefined}, {}],
    ['demo here --epochs 2', 'demo', {dir: 'here'}, {epochs: '2'}],
  ];
  for (const [line, command, positionals, flags] of READ) {
    it(`reads "finetune ${line}"`, async () => {
      expect(await read(line)).to.deep.equal({command, positionals, flags});
    });
  }

  const REFUSED: readonly (readonly [line: string, sentence: string])[] = [
    ['--archh resnet18', '--archh is no known flag; did you mean --arch? See finetune --help.'],
    [
      '--batchSize 8',
      '--batchSize is no known flag; did you mean --batch-size? See finetune --help.',
    ],
    ['--model resnet18', '--model is no known flag; did you mean --arch? See finetune --help.'],
    ['--zebra', '--zebra is no known flag. See finetune --help.'],
    ['-x', '-x is no known flag. See finetune --help.'],
    ['check pets --arch resnet18', '--arch is no known flag. See finetune check --help.'],
    [
      'predict model a.jpg --topp 3',
      '--topp is no known flag; did you mean --top? See finetune predict --help.',
    ],
    ['demo --folds 5', '--folds is no known flag. See finetune demo --help.'],
    ['chekc pets', '"chekc" is neither a command nor a folder of images; did you mean check?'],
    ['tran', '"tran" is neither a command nor a folder of images; did you mean train?'],
    [
      '--json check',
      'The command check comes after an option. Run finetune check ... with the options after it.',
    ],
    ['pets cats', '"cats" is one argument too many for finetune train. See finetune --help.'],
    ['pets --data cats', 'There are two folders of images: pets and --data cats. Leave out one.'],
    [
      'check pets cats',
      '"cats" is one argument too many for finetune check. See finetune check --help.',
    ],
    ['check', 'finetune check needs a folder of images. Run finetune check DIR.'],
    ['features', 'finetune features needs a folder of images. Run finetune features DIR.'],
    ['report', 'finetune report needs the directory of a run. Run finetune report RUN.'],
    ['preview --json', 'finetune preview needs a folder of images. Run finetune preview DIR.'],
    ['--data', 'The command line is not complete: no value for --data. See finetune --help.'],
  ];
  for (const [line, sentence] of REFUSED) {
    it(`refuses "finetune ${line}"`, async () => {
      const error = await rejectionOf(read(line));
      expect(error.message).to.equal(sentence);
      expect(error.exitCode).to.equal(2);
    });
  }

  it('says of every command with a folder whether that is its --data, or does not have --data', () => {
    const both = COMMAND_NAMES.filter(name => {
      const {usage, options} = COMMANDS[name] as CommandSpec;
      return /[<[]dir/.test(usage) && 'data' in options;
    });
    expect(both).to.have.members(['train', 'study', 'demo']);
    expect(
      COMMAND_NAMES.filter(name => (COMMANDS[name] as CommandSpec).isDirData === true),
    ).to.have.members(['train', 'study']);
  });

  it('has a help for itself and every command, without starting any', async () => {
    for (const command of ['', ...COMMAND_NAMES]) {
      const help = await read(`${command} --help`);
      expect(help).to.have.property('help').that.includes('finetune');
    }
  });

  it('puts every option of the help under a heading and says its default', async () => {
    const {help} = (await read('--help --all')) as {readonly help: string};
    expect(help).not.to.include('Options:');
    expect(help).to.match(/--arch +network \(see finetune models\)\s+\[default:\s+resnet50\]/);
    expect(help).to.match(/--epochs +epochs of the last phase \[recommended\]/);
  });

  it('puts what is most used first, and tells the defaults of the command itself', async () => {
    const {help} = (await read('--help --all')) as {readonly help: string};
    expect(help).to.match(/Common options:\n +--val-split .*--arch .*Data:/s);
    expect(help.match(/--arch /g)).to.have.lengthOf(2); // in an example as well
    const {help: demo} = (await read('demo --help --all')) as {readonly help: string};
    expect(demo)
      .to.match(/--arch .*\[default:\s+resnet18\]/s)
      .and.match(/--weights .*\[default:\s+embedded\]/s)
      .and.match(/--epochs .*\[default: 5\]/);
    expect(demo)
      .to.match(/folder to draw into \[default: finetune-demo\]/)
      .and.match(/--data +/);
    expect(await read('init --help'))
      .to.have.property('help')
      .that.includes('replace the recipe file if it exists');
    expect(await read('preview --help'))
      .to.have.property('help')
      .that.includes('replace the sheet if it exists');
  });

  it('lists ten options, and all with --all', async () => {
    const {help} = (await read('--help')) as {readonly help: string};
    const {help: all} = (await read('train --help --all')) as {readonly help: string};
    const flagsOf = (text: string): string[] => text.match(/^ +--[\w-]+/gm)!;
    expect(flagsOf(help)).to.have.length(10);
    expect(help).to.match(/46 more options: --help --all$/);
    for (const key of Object.keys(COMMANDS.train.options))
      expect(all).to.match(new RegExp(`^ +--${toKebabCase(key)} `, 'm'));
    expect(all).not.to.include('more options');
    // It belongs to the help, and is no option of a run.
    expect((await rejectionOf(read('pets --all'))).message).to.match(/--all is no known flag/);
  });

  it('tells its version and its help by one letter, too', async () => {
    for (const flag of ['--version', '-v']) {
      expect(await read(flag))
        .to.have.property('help')
        .that.matches(/^\d+\.\d+\.\d+$/);
    }
    for (const command of ['', ...COMMAND_NAMES])
      expect(await read(`${command} -h`)).to.deep.equal(await read(`${command} --help`));
  });
});
