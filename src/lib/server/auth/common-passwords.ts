import { MIN_PASSWORD_LENGTH } from '../../call/core/limits';

/**
 * Passwords that every guesser tries first. The public lists of leaked passwords hold few words of ten
 * characters and more; what is there is a short word with digits, a word twice, or a walk over the keyboard.
 * So rules, and the words they start from, say more than a long list would.
 */
const COMMON_WORDS = new Set(
	`abc abcd abcdef access account admin administrator amanda america andrew angel anthony apple arsenal asdf
	asdfgh asdfghjkl ashley azerty babygirl baseball basketball batman bailey barcelona benfica blink buster
	butterfly california charlie cheese chelsea chicken chocolate chris christian computer cookie daniel
	default diamond dolphin donald dragon elephant enter family flower football forever freedom friend friends
	fuckyou george ginger google guest hannah hello helloworld hockey hunter iloveyou iloveme internet jackson
	jasmine jennifer jessica jesus jordan joshua justin killer letmein letmeinnow liverpool london login love
	lovely lovelove loveyou madison maggie manchester manager marina martin master matrix matthew merlin
	michael michelle microsoft mickey minecraft money monkey monster mother mustang mypassword naruto newyork
	nicole ninja nothing office orange oracle parley pass password passwort passw passwd patrick peanut pepper
	pokemon princess purple qazwsx qazwsxedc qweasd qweasdzxc qwer qwert qwerty qwertyui qwertyuiop qwertz
	qwertzuiop rainbow ranger realmadrid robert root samsung samantha scooter secret security server shadow
	silver simple slipknot soccer spiderman starwars startrek steelers stupid success summer autumn winter
	spring sunshine superman superstar sweetheart system target teacher temp tennis test tester testing
	testtest thomas thunder tigger trustme trustno twitter facebook instagram unknown user username vanessa
	victoria welcome welcomehome whatever william yankees yellow zaq zxcvbn zxcvbnm motdepasse contrasena
	changeme changeit letmesee opensesame jesuschrist januari january february march april may june july
	august september october november december monday tuesday wednesday thursday friday saturday sunday`
		.split(/\s+/)
		.filter(Boolean)
);

/** Ways of a finger or a child: any stretch of them, either way round. */
const WALKS = [
	'01234567890123456789',
	'abcdefghijklmnopqrstuvwxyz',
	'qwertyuiopasdfghjklzxcvbnm',
	'qwertzuiopasdfghjklyxcvbnm',
	'azertyuiopqsdfghjklmwxcvbn',
	'1q2w3e4r5t6y7u8i9o0p',
	'1qaz2wsx3edc4rfv5tgb6yhn7ujm',
	'1qazxsw23edcvfr4',
	'qazwsxedcrfvtgbyhnujmikolp',
	'q1w2e3r4t5y6u7i8o9p0',
	'147258369',
	'789456123'
].flatMap((walk) => [walk, [...walk].reverse().join('')]);

/** Fewer different characters than this is one key held down, or two in turn. */
const MIN_DISTINCT_CHARACTERS = 5;

const LOOKALIKES: Readonly<Record<string, string>> = {
	'0': 'o',
	'1': 'i',
	'3': 'e',
	'4': 'a',
	'5': 's',
	'7': 't',
	'@': 'a',
	$: 's',
	'!': 'i'
};

/** "passwordpassword" -> "password"; what repeats nothing stays. */
function withoutRepetition(text: string): string {
	const period = (text + text).indexOf(text, 1);
	return text.slice(0, period);
}

const withoutEnds = (text: string) => text.replace(/^[^a-z]+|[^a-z]+$/g, '');
const withoutDisguise = (text: string) => text.replace(/[013457@$!]/g, (found) => LOOKALIKES[found] ?? found);

function isWalk(text: string): boolean {
	return WALKS.some((walk) => walk.includes(text));
}

function isCommon(password: string): boolean {
	const text = password.toLowerCase();
	if (new Set(text).size < MIN_DISTINCT_CHARACTERS) return true;
	const unit = withoutRepetition(text);
	if (isWalk(unit)) return true;
	// Digits and signs at the ends are what a form asked for; in the middle they stand for letters.
	const bare = withoutEnds(text);
	const cores = [unit, bare, withoutEnds(unit), withoutEnds(withoutDisguise(bare)), withoutDisguise(text)];
	return cores.some((core) => {
		const word = withoutRepetition(core.replace(/[\s._-]/g, ''));
		return COMMON_WORDS.has(word) || (word.length >= 4 && isWalk(word) && core.length >= text.length / 2);
	});
}

/**
 * Says whether a guesser who knows the username and the usual lists would soon be there.
 *
 * The username gives no protection, so the password is judged without it.
 */
export function isWeakPassword(password: string, username: string): boolean {
	if (isCommon(password)) return true;
	const rest = password.toLowerCase().replaceAll(username.toLowerCase(), '');
	if (rest.length === password.length) return false;
	return rest.length < MIN_PASSWORD_LENGTH || isCommon(rest);
}
