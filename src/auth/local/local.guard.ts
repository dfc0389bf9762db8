import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { requestOf } from '../../http/request-of.js';
import { DtoPipe } from '../../http/validation.js';
import { LocalStrategy } from './local.strategy.js';
import { LoginDto } from './login.dto.js';

/** Runs the local strategy. Guards come before pipes, so the body is checked here. */
@Injectable()
export class LocalGuard extends AuthGuard() {
  private readonly pipe = new DtoPipe();

  constructor({ ownName }: LocalStrategy) {
    super({ defaultStrategy: ownName });
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    // passport-local would also take the password from the query string, and any type from the body.
    await this.pipe.check(requestOf<FastifyRequest>(context).body, LoginDto);
    return (await super.canActivate(context)) as boolean;
  }

  override handleRequest<User>(error: Error | null, user: User): User {
    if (error) throw error;
    return user;
  }
}
