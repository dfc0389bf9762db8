import 'reflect-metadata';
import { Controller, Get, Inject, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { EntitySchema } from 'typeorm';
import { databaseOptions } from '../../../dist/database/options.js';

/** One route that does nothing, and one that does one indexed SELECT and one UPDATE by primary key through TypeORM. */
const Item = new EntitySchema({
  name: 'bench_item',
  columns: {
    id: { type: 'varchar', length: 32, primary: true },
    name: { type: 'varchar', length: 64 },
    count: { type: 'int' },
  },
  indices: [{ name: 'ix_bench_item_name', columns: ['name'] }],
});
const ROWS = 1_000;

class ItemController {
  constructor(items) {
    this.items = items;
  }

  nothing() {
    return { message: 'Everybody may read this.' };
  }

  async touch() {
    const name = `item ${Math.floor(Math.random() * ROWS)}`;
    const { id, count } = await this.items.findOneBy({ name });
    await this.items.update({ id }, { count: count + 1 });
    return { message: 'Everybody may read this.' };
  }
}
const method = (name) => Object.getOwnPropertyDescriptor(ItemController.prototype, name);
Get('nothing')(ItemController.prototype, 'nothing', method('nothing'));
Post('touch')(ItemController.prototype, 'touch', method('touch'));
Inject(getRepositoryToken(Item))(ItemController, undefined, 0);
Controller()(ItemController);

class BenchModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      ...databaseOptions(process.env.DATABASE_URL),
      migrations: [],
      entities: [Item],
      synchronize: true,
    }),
    TypeOrmModule.forFeature([Item]),
  ],
  controllers: [ItemController],
})(BenchModule);

const app = await NestFactory.create(BenchModule, new FastifyAdapter(), { logger: false });
const items = app.get(getRepositoryToken(Item));
await items.clear();
for (let row = 0; row < ROWS; row++) await items.insert({ id: String(row), name: `item ${row}`, count: 0 });
await app.listen(Number(process.env.PORT), '127.0.0.1');
