// Lets containers install npm packages through this machine, for places where this machine reaches a registry and its
// containers do not. Prints its port. node mirror.mjs ADDRESS FOLDER REGISTRY; what was fetched is kept in FOLDER.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

const [address, folder, registry] = process.argv.slice(2);
const base = registry.replace(/\/+$/, '');
mkdirSync(folder, { recursive: true });

const server = createServer(async (request, response) => {
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405).end();
      return;
    }
    const path = request.url;
    const tarball = path.endsWith('.tgz');
    const accept = request.headers.accept ?? '*/*';
    const kept = join(folder, createHash('sha256').update(tarball ? path : `${path} ${accept}`).digest('hex'));
    if (!existsSync(kept)) {
      const found = await fetch(base + path, { headers: { accept } });
      if (!found.ok) {
        response.writeHead(found.status).end();
        return;
      }
      const part = `${kept}.${process.pid}.${Math.random()}`;
      writeFileSync(part, Buffer.from(await found.arrayBuffer()));
      renameSync(part, kept);
    }
    if (tarball) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      createReadStream(kept).pipe(response);
    } else {
      // Packages come through here too, whatever the registry calls itself in its answers.
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(readFileSync(kept, 'utf8').replaceAll(base, `http://${request.headers.host}`));
    }
  } catch (failed) {
    response.writeHead(502).end(String(failed));
  }
});
server.listen(0, address, () => console.log(server.address().port));
