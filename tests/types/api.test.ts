import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { expectTypeOf, test } from 'vitest';
import type { CallConnection, RoomCallState } from '../../src/lib/call/core/connection-report';
import type { InboxPage, RoomHead, RoomMessage } from '../../src/lib/call/core/inbox';
import type { OfferedRung } from '../../src/lib/call/core/rung';
import type { Cursor, SignalSend } from '../../src/lib/call/core/signal';
import type { CallKind, CallSnapshot } from '../../src/lib/call/core/snapshot';
import type { callDevices, calls, users } from '../../src/lib/server/db/schema';
import type { AppRouter } from '../../src/lib/server/trpc/router';

// Checked by the compiler (`npm run check`): at run time these say nothing.

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;
type HistoryEntry = Outputs['calls']['history']['entries'][number];

test('what the router answers is what core says travels', () => {
	expectTypeOf<Outputs['calls']['get']>().toEqualTypeOf<CallSnapshot>();
	expectTypeOf<Outputs['calls']['start']>().toEqualTypeOf<CallSnapshot>();
	expectTypeOf<Outputs['calls']['state']>().toEqualTypeOf<RoomCallState>();
	expectTypeOf<Outputs['calls']['connection']>().toEqualTypeOf<CallConnection>();
	expectTypeOf<Outputs['inbox']['poll']>().toEqualTypeOf<InboxPage>();
	expectTypeOf<Outputs['inbox']['open']>().toEqualTypeOf<{
		deviceId: string;
		cursor: Cursor;
		rungs: readonly OfferedRung[];
	}>();
	expectTypeOf<Outputs['rooms']['list']>().toEqualTypeOf<RoomHead[]>();
	expectTypeOf<Outputs['messages']['send']>().toEqualTypeOf<RoomMessage>();
	expectTypeOf<Outputs['messages']['page']['messages']>().toEqualTypeOf<RoomMessage[]>();
});

test('what the router takes is what core says travels', () => {
	expectTypeOf<Inputs['signals']['send']>().toEqualTypeOf<SignalSend>();
	expectTypeOf<Inputs['calls']['start']['kind']>().toEqualTypeOf<CallKind>();
});

test('a row of the database is what a history entry shows', () => {
	type Call = typeof calls.$inferSelect;
	expectTypeOf<HistoryEntry['kind']>().toEqualTypeOf<Call['kind']>();
	expectTypeOf<HistoryEntry['startedAt']>().toEqualTypeOf<Call['startedAt']>();
	expectTypeOf<HistoryEntry['people'][number]['displayName']>().toEqualTypeOf<
		(typeof users.$inferSelect)['displayName']
	>();
});

test('an instant is a number, in the row and on the wire', () => {
	expectTypeOf<(typeof calls.$inferSelect)['startedAt']>().toEqualTypeOf<number>();
	expectTypeOf<(typeof callDevices.$inferSelect)['handRaisedAt']>().toEqualTypeOf<
		CallSnapshot['devices'][number]['handRaisedAt']
	>();
	expectTypeOf<HistoryEntry['startedAt']>().toEqualTypeOf<number>();
});
