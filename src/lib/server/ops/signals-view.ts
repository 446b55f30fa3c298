import { candidateType, type CandidateCounts } from '../../call/core/connection-report';
import { signalKind } from '../../call/core/signal';
import { clip, plain } from './plain-text';
import type { CallLine, SignalsReport } from './signals-report';
import { layTable, type Column } from './text-table';

export type Look = {
	/** In cells; Infinity where nothing wraps. */
	width: number;
	colours: boolean;
};

/** Half of a signal's 30 s: whoever has not read by then is in trouble. */
const LATE_MS = 15_000;
const SOON_LATE_MS = 3_000;

const MAILBOXES: Column[] = [
	{ title: 'MAILBOX' },
	{ title: 'WHOSE', min: 10 },
	{ title: 'ROOM', min: 10 },
	{ title: 'CALL' },
	{ title: 'DEVICE', drop: 2 },
	{ title: 'EPOCH', align: 'right' },
	{ title: 'HEAD', align: 'right' },
	{ title: 'ACKED', align: 'right' },
	{ title: 'WAITING', align: 'right' },
	{ title: 'BYTES', align: 'right', drop: 3 },
	{ title: 'OLDEST', align: 'right' }
];

const SIGNALS: Column[] = [
	{ title: 'SIGNAL' },
	{ title: 'FROM', min: 10 },
	{ title: 'MAILBOX', drop: 3 },
	{ title: 'TO', min: 10 },
	{ title: 'MAILBOX', drop: 2 },
	{ title: 'CALL' },
	{ title: 'SEQ', align: 'right' },
	{ title: 'BYTES', align: 'right' },
	{ title: 'AGE', align: 'right' },
	{ title: 'STATE' }
];

/** The report as lines for a terminal. */
export function viewSignals(report: SignalsReport, look: Look): string[] {
	const paint = painter(look.colours);
	const { waiting, kinds } = report;
	const perKind = signalKind.options.map((kind) => `${kind} ${kinds[kind].waiting} and ${kinds[kind].taken}`);
	const head = [
		waiting.oldestMs === null
			? 'waiting  no signal'
			: `waiting  ${count(waiting.count, 'signal')}, ${size(waiting.bytes)}, the oldest for ${duration(waiting.oldestMs)}`,
		`taken    ${report.taken} in the last minute`,
		`kinds    ${perKind.join(' · ')} (waiting and taken)`,
		`epochs   risen ${count(report.epochsRisen, 'time')}, in ${report.mailboxesRisen} of ${count(report.mailboxCount, 'mailbox', 'mailboxes')}`,
		`expired  ${waiting.overdue} not yet swept`,
		`calls    ${report.liveCalls} live`
	];
	const mailboxes = layTable(
		MAILBOXES,
		report.mailboxes.map((mailbox) => [
			short(mailbox.deviceId),
			plain(mailbox.displayName),
			plain(mailbox.roomName ?? '-'),
			short(mailbox.callId),
			mailbox.presence ?? '-',
			String(mailbox.epoch),
			String(mailbox.head),
			String(mailbox.acked),
			String(mailbox.waiting),
			mailbox.waiting === 0 ? '-' : String(mailbox.waitingBytes),
			mailbox.oldestMs === null ? '-' : duration(mailbox.oldestMs)
		]),
		look.width
	);
	const signals = layTable(
		SIGNALS,
		report.signals.map((signal) => [
			signal.kind,
			plain(signal.fromName ?? '-'),
			short(signal.fromDeviceId),
			plain(signal.toName),
			short(signal.toDeviceId),
			short(signal.callId),
			`${signal.epoch}:${signal.seq}`,
			String(signal.bytes),
			duration(signal.ageMs),
			signal.state
		]),
		look.width
	);
	return [
		...head.map((line) => clip(line, look.width)),
		...(report.call ? ['', ...viewCall(report.call, report.now, look)] : []),
		'',
		...(report.mailboxes.length === 0
			? ['No mailbox holds a signal, and no device is in a call.']
			: mailboxes.map((line, at) =>
					at === 0 ? paint.title(line) : paint.age(line, report.mailboxes[at - 1]?.oldestMs ?? 0)
				)),
		...(report.moreMailboxes > 0 ? [`and ${report.moreMailboxes} more (--limit)`] : []),
		'',
		...(report.signals.length === 0
			? ['No signal in the last minute.']
			: signals.map((line, at) => {
					const signal = report.signals[at - 1];
					if (!signal) return paint.title(line);
					return signal.state === 'taken' ? line : paint.age(line, signal.ageMs);
				}))
	];
}

/** What is known of one call: who is in it, and what each device says of its connections. */
function viewCall(call: CallLine, now: number, { width, colours }: Look): string[] {
	const paint = painter(colours);
	const since = call.endedAt ?? call.activeAt ?? call.startedAt;
	const fit = (line: string) => clip(line, width);
	const lines = [
		paint.title(fit(`CALL ${call.callId} in ${plain(call.roomName)}`)),
		`${call.kind}, ${call.phase} for ${duration(now - since)}, version ${call.version}${
			call.endReason ? `, ${call.endReason}` : ''
		}`,
		...(call.failure ? [fit(`failed: ${plain(call.failure)}`)] : []),
		fit(call.participants.map((one) => `${plain(one.displayName)} ${one.invite}`).join(' · '))
	];
	for (const one of call.connections) {
		const ends = `${plain(one.displayName)} ${short(one.deviceId)} -> ${plain(one.peerDisplayName)} ${short(one.peerDeviceId)}`;
		const { local, remote } = one.candidates;
		const own = [
			`${ends}${one.present ? '' : ' (not in it any more)'}`,
			`  ${one.connectionState} by ${one.path ?? 'no path'}, said ${duration(now - one.reportedAt)} ago`,
			`  ICE ${one.iceConnectionState} · gathering ${one.iceGatheringState} · signaling ${one.signalingState} · restarts ${one.restarts}`,
			`  candidates: own ${counts(local)} · theirs ${counts(remote)}`,
			...(one.why ? [`  why: ${plain(one.why)}`] : [])
		];
		lines.push(
			...own
				.map(fit)
				.map((line) => (one.present && one.connectionState !== 'connected' ? paint.late(line) : line))
		);
	}
	if (call.connections.length === 0) lines.push('No device has reported a connection.');
	return lines;
}

const short = (id: string | null) => id?.slice(0, 8) ?? '-';

function counts(of: CandidateCounts): string {
	const found = candidateType.options.filter((type) => of[type] > 0).map((type) => `${of[type]} ${type}`);
	return found.join(', ') || 'none';
}

function count(n: number, one: string, many = `${one}s`): string {
	return `${n} ${n === 1 ? one : many}`;
}

function size(bytes: number): string {
	return bytes < 10_000 ? `${bytes} bytes` : `${Math.round(bytes / 1024)} KiB`;
}

/** Short, and never more exact than what anybody would act on. */
export function duration(ms: number): string {
	const seconds = Math.max(0, ms) / 1000;
	if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
	if (seconds < 120) return `${Math.floor(seconds)} s`;
	if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
	if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
	return `${Math.floor(seconds / 86_400)} d`;
}

function painter(colours: boolean) {
	const paint = (code: number) => (line: string) => (colours ? `\x1b[${code}m${line}\x1b[0m` : line);
	const [bold, red, yellow] = [paint(1), paint(31), paint(33)];
	return {
		title: bold,
		late: yellow,
		age(line: string, ageMs: number): string {
			if (ageMs > LATE_MS) return red(line);
			return ageMs > SOON_LATE_MS ? yellow(line) : line;
		}
	};
}
