import { createServer } from 'node:http';

createServer((_request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end('{"message":"Everybody may read this."}');
}).listen(Number(process.env.PORT), '127.0.0.1');
