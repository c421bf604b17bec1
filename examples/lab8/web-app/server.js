// A page, a health check and some facts, on the port that PORT names.
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const { NODE_ENV = 'development', PORT = '3000' } = process.env;

const page = () => `<!doctype html>
<meta charset="utf-8"><title>Lab 8</title>
<h1>Hello from ${hostname()}</h1>
<p>Reload: the load balancer picks a task. <a href="/info">Facts</a>, <a href="/health">health</a>.</p>
`;
const routes = {
  '/': () => ['text/html', page()],
  '/health': () => json({ status: 'healthy' }),
  '/info': () => json({ host: hostname(), node: process.version, environment: NODE_ENV, uptime: process.uptime() }),
};

function json(value) {
  return ['application/json', `${JSON.stringify(value)}\n`];
}

const server = createServer((request, response) => {
  const route = routes[new URL(request.url, 'http://localhost').pathname];
  const [type, body] = route?.() ?? ['text/plain', 'There is no such page.\n'];
  response.writeHead(route ? 200 : 404, { 'content-type': type }).end(body);
});
server.listen(Number(PORT), () => console.log(`listening on port ${server.address().port}`));

// ECS sends SIGTERM, waits 30 seconds, and kills: whoever is being answered gets the answer.
process.once('SIGTERM', () => server.close(() => console.log('closed')));
