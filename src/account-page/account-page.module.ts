import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import { Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

const FILES = join(dirname(fileURLToPath(import.meta.url)), 'page');

/** Stricter than the rest of the server: nothing inline, nothing from elsewhere, no HTML made from text. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // A QR code comes as a data URL.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  // Should the scripts fail, no form sends a password as a query.
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** The page for people, at `/account`: static files that use the public API and nothing else. */
@Module({})
export class AccountPageModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    // Relative, so that it holds behind a proxy that adds a prefix; a fragment survives it.
    fastify.get('/account', (_, reply) => reply.redirect('account/', 301));
    // Not awaited: that would start Fastify before Nest has set its error handler.
    void fastify.register(fastifyStatic, {
      root: FILES,
      prefix: '/account/',
      // A route for each file, so that no other path reaches the disk.
      wildcard: false,
      decorateReply: false,
      cacheControl: false,
      setHeaders: (reply) => {
        // Kept, but asked about each time (304): the files of two releases never mix.
        reply.headers({ 'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY });
      },
    });
  }
}
