/**
 * Brings a checkout into a state that can run: dependencies installed, source compiled. Does nothing, quickly, when it
 * already is (a few milliseconds), and may be called by several processes at once.
 *
 * Plain JavaScript on purpose: Node 20 does not read TypeScript, and this is what makes it readable.
 *
 * Compiling does not check types (`npm run types` does): starting must not depend on what an editor would underline.
 */
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['src', 'simulators', 'bench'];
const STAMP = join(ROOT, 'dist', '.compiled-from');
const LOCK = join(ROOT, 'dist', '.ensure-lock');
const LOCK_IS_STALE_AFTER_MS = 10 * 60_000;

/**
 * Runs `npm ci` unless `node_modules` holds what `package-lock.json` asks for.
 * @throws Error when npm fails.
 */
export function ensureInstalled() {
  if (isInstalled()) return;
  withLock(() => {
    if (isInstalled()) return;
    say('Installing dependencies (npm ci) ...');
    const npm = process.env['npm_execpath'];
    const [program, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
    attempt('npm ci failed; its complaint is above.', () => execute(program, [...first, 'ci']));
  });
}

/**
 * Compiles `src`, `simulators` and `bench` into `dist` unless that was done for exactly these files.
 * @throws Error when the compiler refuses the source.
 */
export function ensureBuilt() {
  const fingerprint = fingerprintOfSources();
  if (isBuiltFrom(fingerprint)) return;
  withLock(() => {
    if (isBuiltFrom(fingerprint)) return;
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    attempt('The source does not compile; the complaint is above.', () =>
      execute(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--noCheck']),
    );
    mirrorAssets();
    writeFileSync(STAMP, fingerprint);
  });
}

/** npm keeps its own record of what it installed; a package that only other platforms need is allowed to be absent. */
function isInstalled() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    return installed[path] === undefined ? optional === true : installed[path].version === version;
  });
}

function isBuiltFrom(fingerprint) {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === fingerprint;
}

/** Changes when any source file is added, removed, renamed or written, or when the compiler or its settings change. */
function fingerprintOfSources() {
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(ROOT, name));
  const hash = createHash('sha256');
  for (const path of [...sourceFiles(), ...settings]) {
    const { size, mtimeMs } = statSync(path);
    hash.update(`${relative(ROOT, path)} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function sourceFiles() {
  return SOURCES.filter((room) => existsSync(join(ROOT, room))).flatMap((room) => filesUnder(join(ROOT, room)));
}

function filesUnder(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** The compiler handles TypeScript only: carry over SQL, pages and the like, and drop what lost its source. */
function mirrorAssets() {
  const expected = new Set();
  for (const path of sourceFiles()) {
    const target = join(ROOT, 'dist', relative(ROOT, path));
    expected.add(target.replace(/\.ts$/, '.js'));
    if (path.endsWith('.ts')) continue;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(path, target);
  }
  for (const room of SOURCES.map((name) => join(ROOT, 'dist', name)).filter((path) => existsSync(path))) {
    for (const path of filesUnder(room)) if (!expected.has(path)) rmSync(path);
  }
}

/** Runs `work` while no other process does. A lock left by a dead process is taken over. */
function withLock(work) {
  attempt(
    'This checkout needs preparing, and this user may not write to it. Let its owner run groundwork once.',
    () => {
      mkdirSync(dirname(LOCK), { recursive: true });
      accessSync(dirname(LOCK), constants.W_OK);
    },
  );
  while (!takeLock()) {
    removeDeadLock();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  }
  try {
    work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

/** The lock appears together with its content, so nobody ever reads one without an owner. */
function takeLock() {
  const draft = `${LOCK}.${randomUUID()}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, LOCK);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moved aside before it is judged a second time, so that of two waiters only one removes it. */
function removeDeadLock() {
  if (!isDead(LOCK)) return;
  const aside = `${LOCK}.${randomUUID()}`;
  try {
    renameSync(LOCK, aside);
    if (!isDead(aside)) linkSync(aside, LOCK);
  } catch (error) {
    // Gone, or taken by another process in between: either way the next attempt will see.
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function isDead(lock) {
  try {
    if (Date.now() - statSync(lock).mtimeMs > LOCK_IS_STALE_AFTER_MS) return true;
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

/** Standard output belongs to the command that follows; everything said here goes to standard error. */
function execute(program, args) {
  execFileSync(program, args, { cwd: ROOT, stdio: ['ignore', process.stderr, process.stderr] });
}

function attempt(complaint, work) {
  try {
    work();
  } catch (cause) {
    throw new Error(complaint, { cause });
  }
}

function say(sentence) {
  process.stderr.write(`${sentence}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureInstalled();
  ensureBuilt();
}
