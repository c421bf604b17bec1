#!/usr/bin/env node
// Starts the labform that npm has put beside this package, for this computer's platform, in this process's place: the
// arguments, the three streams, signals and the exit code are the command's own. Fetches nothing.
'use strict';

const { spawn } = require('child_process');
const { existsSync } = require('fs');
const { optionalDependencies, version } = require('./package.json');

const { platform, arch } = process;
// What starts a program that is linked with glibc; a system without it says only that there is no such file.
const LOADERS = { x64: '/lib64/ld-linux-x86-64.so.2', arm64: '/lib/ld-linux-aarch64.so.1' };
const IN_SOURCE = "build it from source, as README's part on set-up says";

function fail(message, hint) {
  console.error(`error: ${message}\nhint: ${hint}`);
  process.exit(1);
}

function command() {
  const name = `@labform/${platform}-${arch}`;
  if (!(name in optionalDependencies)) {
    const names = Object.keys(optionalDependencies).map((other) => other.split('/')[1]);
    fail(`there is no package of labform for ${platform} on ${arch}, only for ${names.join(', ')}`, IN_SOURCE);
  }
  if (platform === 'linux' && !existsSync(LOADERS[arch])) {
    fail(`labform's packages for Linux need glibc 2.17 or newer, and this system has another C library`, IN_SOURCE);
  }
  try {
    return require.resolve(`${name}/labform${platform === 'win32' ? '.exe' : ''}`);
  } catch {
    const files = `labform-${version}.tgz and labform-${platform}-${arch}-${version}.tgz`;
    return fail(
      `the package ${name}, which holds labform for this computer, isn't installed`,
      `install without --omit=optional or --no-optional; from the files of a release, ${files} in one \`npm install\``,
    );
  }
}

// A terminal sends its signals to all processes of a group, and others to the launcher alone. The command is to get each
// once, because the second one stops it at once: it has a group of its own, and gets what the launcher gets.
function start(file, args) {
  let child;
  const on = (signals, act) => signals.forEach((signal) => process.on(signal, () => act(signal)));
  if (platform === 'win32') {
    // There the console tells the command itself.
    on(['SIGINT', 'SIGBREAK', 'SIGHUP'], () => {});
  } else {
    // Before there is a command that could outlive the launcher.
    on(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGCONT'], (signal) => child.kill(signal));
    on(['SIGTSTP'], () => [child, process].forEach(({ pid }) => process.kill(pid, 'SIGSTOP')));
  }
  child = spawn(file, args, { stdio: 'inherit', detached: platform !== 'win32' });
  child.on('error', (error) => fail(`labform doesn't start: ${error.message}`, 'install it again'));
  child.on('exit', (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
    process.exitCode = code;
  });
}

const file = command();
const args = process.argv.slice(2);
// From Node.js 22.15 on, and not on Windows.
if (process.execve && platform !== 'win32') process.execve(file, [file, ...args]);
start(file, args);
