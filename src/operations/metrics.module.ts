import { Controller, Get, Injectable, Module, type OnModuleInit, Res, VERSION_NEUTRAL } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import { Public } from '../http/public.decorator.js';

const MILLISECONDS = 1_000;

/** What Prometheus reads: the process, and how long each route takes. Labels are route patterns, never ids. */
@Injectable()
export class Metrics implements OnModuleInit {
  registry: Registry;

  constructor(private readonly host: HttpAdapterHost) {}

  async onModuleInit(): Promise<void> {
    // Loaded where it is used: it takes 2 MB, and 75 ms of a start.
    const { collectDefaultMetrics, Histogram, Registry } = await import('prom-client');
    this.registry = new Registry();
    collectDefaultMetrics({ register: this.registry });
    const requests = new Histogram({
      name: 'stepgate_http_request_seconds',
      help: 'Time to answer a request, by method, route pattern and status.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5],
      registers: [this.registry],
    });
    this.host.httpAdapter.getInstance<FastifyInstance>().addHook('onResponse', (request, reply, done) => {
      const route = request.routeOptions.url ?? 'none';
      const labels = { method: request.method, route, status: reply.statusCode };
      requests.observe(labels, reply.elapsedTime / MILLISECONDS);
      done();
    });
  }
}

@Public()
@ApiTags('6. Keys and health')
@Controller({ path: 'metrics', version: VERSION_NEUTRAL })
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'Metrics for Prometheus' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { registry } = this.metrics;
    void reply.header('Content-Type', registry.contentType);
    return registry.metrics();
  }
}

/** `GET /metrics`. Open to whoever reaches it: let only the monitoring network. */
@Module({ controllers: [MetricsController], providers: [Metrics] })
export class MetricsModule {}
