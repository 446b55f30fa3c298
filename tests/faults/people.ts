import { z } from 'zod';

export type SignedUp = { name: string; roomId: string; token: string };

const answer = z.object({ result: z.object({ data: z.unknown() }) });
const withId = z.object({ id: z.string() });
const withCode = z.object({ code: z.string() });
const withToken = z.object({ token: z.string() });

/** People with a token each, so many in each of so many rooms. */
export async function signUp(port: number, rooms: number, perRoom: number): Promise<SignedUp[]> {
	const people: SignedUp[] = [];
	for (let room = 0; room < rooms; room += 1) {
		let roomId = '';
		let invite = '';
		for (let i = 0; i < perRoom; i += 1) {
			const name = `writer-${room * perRoom + i + 1}`;
			const ask = await register(port, name);
			const { token } = withToken.parse(await ask('tokens.create', { name: 'faults' }));
			if (i === 0) {
				roomId = withId.parse(await ask('rooms.create', { name: `Room ${room + 1}` })).id;
				invite = withCode.parse(await ask('rooms.inviteCode', { roomId })).code;
			} else await ask('rooms.join', { code: invite });
			people.push({ name, roomId, token });
		}
	}
	return people;
}

type Ask = (path: string, input: unknown) => Promise<unknown>;

async function register(port: number, username: string): Promise<Ask> {
	const origin = `http://localhost:${port}`;
	let cookie = '';
	const ask: Ask = async (path, input) => {
		const response = await fetch(`${origin}/trpc/${path}`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', origin, cookie },
			body: JSON.stringify(input)
		});
		const body: unknown = await response.json();
		if (!response.ok) throw new Error(`${path} answered ${response.status}: ${JSON.stringify(body)}`);
		cookie ||= response.headers.get('set-cookie')?.split(';')[0] ?? '';
		return answer.parse(body).result.data;
	};
	await ask('auth.register', { username, displayName: username, password: 'a long enough secret' });
	return ask;
}
