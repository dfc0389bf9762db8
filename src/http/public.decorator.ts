import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

export const IS_PUBLIC = 'stepgate:public';
/** What {@link Public} leaves on an operation until the document is complete. */
export const PUBLIC_EXTENSION = 'x-public';

/** Opens a route, or all routes of a controller, to callers without an access token. Every other route asks for one. */
export const Public = (): MethodDecorator & ClassDecorator =>
  applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));
