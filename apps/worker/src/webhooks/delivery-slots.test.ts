import { expect, test } from 'vitest';
import { createDeliverySlots } from './delivery-slots.ts';

const begin = (slots: ReturnType<typeof createDeliverySlots>, target: string, times: number) => {
  for (let i = 0; i < times; i += 1) slots.begin(target);
};

test('a busy target has only the rest of its room', () => {
  const slots = createDeliverySlots();
  begin(slots, 'a', 8);
  begin(slots, 'b', 3);
  expect(slots.room()).toEqual({
    limit: 117,
    suspectLimit: 64,
    rooms: [
      { target: 'a', room: 0 },
      { target: 'b', room: 5 },
    ],
    suspectRooms: [],
  });
});

test('a target whose last try failed gets one at a time, from a share of its own, until it answers well', () => {
  const slots = createDeliverySlots();
  begin(slots, 'dead', 2);
  slots.end('dead', false);
  expect(slots.room()).toMatchObject({ limit: 127, suspectLimit: 63, rooms: [{ target: 'dead', room: 0 }], suspectRooms: [] });
  slots.end('dead', false);
  expect(slots.room()).toMatchObject({ limit: 128, rooms: [{ target: 'dead', room: 0 }], suspectRooms: [{ target: 'dead', room: 1 }] });
  begin(slots, 'dead', 1);
  slots.end('dead', true);
  expect(slots.room()).toEqual({ limit: 128, suspectLimit: 64, rooms: [], suspectRooms: [] });
});

test('any number of dead targets leaves half of the slots to the others', () => {
  const slots = createDeliverySlots();
  for (let i = 0; i < 1000; i += 1) {
    slots.begin(`dead ${i}`);
    slots.end(`dead ${i}`, false);
  }
  for (let i = 0; i < 64; i += 1) slots.begin(`dead ${i}`);
  expect(slots.room()).toMatchObject({ limit: 64, suspectLimit: 0 });
});
