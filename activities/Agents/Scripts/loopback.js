// node loopback.js ADDRESS PROGRAM [ARGUMENT]...: runs a program with a door on loopback that leads to an address.
const net = require('node:net');
const { constants } = require('node:os');
const { spawn } = require('node:child_process');

const [address, program, ...rest] = process.argv.slice(2);
const target = new URL(address);
const door = net.createServer((near) => {
  const far = net.connect(Number(target.port || 80), target.hostname.replace(/^\[|\]$/g, ''));
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
  near.pipe(far);
  far.pipe(near);
});
door.listen(0, '127.0.0.1', () => {
  const variable = process.env.SPARK_LOOPBACK_VARIABLE;
  const env = { ...process.env, [variable]: `http://127.0.0.1:${door.address().port}${target.pathname}` };
  const child = spawn(program, rest, { stdio: 'inherit', env });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (failed) => {
    console.error(String(failed));
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
});
