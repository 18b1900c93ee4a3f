/**
 * Files and folders that operating systems, file servers and tools create in user folders, in lower case. Names with a leading dot are
 * hidden anyway.
 */
const JUNK: ReadonlySet<string> = new Set([
  ...[
    '__macosx',
    '.ds_store',
    '.appledouble',
    '.spotlight-v100',
    '.trashes',
    '.fseventsd',
    '.temporaryitems',
    '.documentrevisions-v100',
  ],
  ...['icon\r', 'network trash folder', 'temporary items', '.lsoverride', '.apdisk', '.localized'],
  ...[
    'thumbs.db',
    'thumbs.db:encryptable',
    'ehthumbs.db',
    'ehthumbs_vista.db',
    'desktop.ini',
    'folder.htt',
    'zbthumbnail.info',
  ],
  ...[
    '$recycle.bin',
    'system volume information',
    '$windows.~bt',
    '$windows.~ws',
    'found.000',
    'msdownld.tmp',
  ],
  ...['lost+found', '.directory', '.trash', '.dropbox.cache', '.nfs'],
  ...[
    '@eadir',
    '@tmp',
    '@recycle',
    '@recently-snapshot',
    '@recently.snapshot',
    '#recycle',
    '#snapshot',
    '@sharesnap',
    '.@__thumb',
    '.@__desc',
  ],
  ...[
    '@__thumb',
    '.@upload_cache',
    '.snapshot',
    '.snapshots',
    '~snapshot',
    '$extend',
    'aquota.user',
    'aquota.group',
  ],
  ...['.ipynb_checkpoints', '__pycache__', '.git', '.svn', '.hg', '.dvc', '.idea', '.vscode'],
]);

/** Names with a variable part: `.Trash-1000`, `.fuse_hidden0004`, a Synology's `photo.jpg@SynoEAStream`. */
const JUNK_PATTERN = /^\.trash-\d+$|^\.fuse_hidden|@syno(?:eastream|resource)$/;

/** Whether a file or folder of this name was created by an operating system, a file server or a tool, not by a user. */
export const isSystemJunk = (name: string): boolean =>
  JUNK.has(name.toLowerCase()) || JUNK_PATTERN.test(name.toLowerCase());
