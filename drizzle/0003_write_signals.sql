-- Whether a mailbox holds as much as it may. Its unacked signals are `acked + 1` to `head`, without holes; none is larger than a
-- send, so with fewer than `fewest_that_fill` there is nothing to add up.
CREATE FUNCTION "mailbox_is_full"(
	box mailboxes, most_signals integer, fewest_that_fill integer, most_bytes integer
) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	IF box.head - box.acked < fewest_that_fill THEN RETURN false; END IF;
	IF box.head - box.acked >= most_signals THEN RETURN true; END IF;
	RETURN (
		SELECT sum(octet_length(s.body)) FROM signals s
		WHERE s.mailbox_id = box.id AND s.epoch = box.epoch AND s.seq > box.acked
	) >= most_bytes;
END $$;
--> statement-breakpoint
-- Writes signals into mailboxes: a transaction of one statement, so that it takes one round trip. Under READ COMMITTED each
-- statement in here sees what was committed before it began: what is read under a lock is newer than the lock.
--
-- What a signal meets, in this order: a number that the mailbox knows is a repetition, whatever has ended since; then call and
-- devices must live; then the mailbox must have room; then the number must be the next one. Signals that came together count
-- as if they had come one after the other, each sender's in the order of its numbers. Of a mailbox that is not there nothing is said.
--
-- Row by row, and not in one great statement: starting that one took longer than writing twenty signals.
CREATE FUNCTION "write_signals"(
	places integer[], mailbox_ids uuid[], from_device_ids uuid[], call_ids uuid[], ns bigint[], kinds text[],
	call_versions bigint[], bodies text[],
	lifetime interval, most_signals integer, fewest_that_fill integer, most_bytes integer
) RETURNS TABLE (
	"i" integer, "verdict" text, "wanted" integer, "mailboxId" uuid, "epoch" integer, "seq" integer, "callVersion" integer
) LANGUAGE plpgsql AS $$
DECLARE
	sent record;
	box mailboxes;
	box_is_full boolean;
	sender_id uuid;
	known_n integer;
	live_call_id uuid;
	live_version integer;
BEGIN
	FOR sent IN
		SELECT * FROM unnest(
			places, mailbox_ids, from_device_ids, call_ids, ns, kinds, call_versions, bodies
		) AS t (place, mailbox_id, from_device_id, call_id, n, kind, call_version, body)
		-- Mailboxes are locked in the order of their ids, as everybody does.
		ORDER BY t.mailbox_id, t.from_device_id, t.n, t.place
	LOOP
		IF box.id IS DISTINCT FROM sent.mailbox_id THEN
			SELECT * INTO box FROM mailboxes m WHERE m.id = sent.mailbox_id FOR UPDATE;
			CONTINUE WHEN NOT FOUND;
			box_is_full := mailbox_is_full(box, most_signals, fewest_that_fill, most_bytes);
			sender_id := NULL;
		END IF;
		IF sender_id IS DISTINCT FROM sent.from_device_id THEN
			sender_id := sent.from_device_id;
			live_call_id := NULL;
			SELECT s.last_n INTO known_n FROM mailbox_senders s
			WHERE s.mailbox_id = box.id AND s.from_device_id = sender_id;
			known_n := coalesce(known_n, 0);
		END IF;
		IF live_call_id IS DISTINCT FROM sent.call_id THEN
			SELECT c.id, c.version INTO live_call_id, live_version
			FROM calls c
			JOIN call_devices mine
				ON mine.call_id = c.id AND mine.device_id = sender_id AND mine.presence <> 'left'
			JOIN call_devices theirs
				ON theirs.call_id = c.id AND theirs.device_id = box.id AND theirs.presence <> 'left'
			WHERE c.id = sent.call_id AND c.phase <> 'ended';
		END IF;

		"i" := sent.place;
		"verdict" := CASE
			WHEN sent.n <= known_n THEN 'repeated'
			WHEN live_call_id IS NULL THEN 'not-in-call'
			WHEN box_is_full THEN 'full'
			WHEN sent.n > known_n + 1 THEN 'gap'
			ELSE 'taken'
		END;
		"wanted" := known_n + 1;
		"mailboxId" := box.id;
		"epoch" := box.epoch;
		"seq" := NULL;
		"callVersion" := NULL;
		IF "verdict" = 'taken' THEN
			known_n := sent.n;
			-- What it had seen cannot be newer than what there is.
			"callVersion" := least(sent.call_version, live_version);
			UPDATE mailboxes m SET head = m.head + 1 WHERE m.id = box.id RETURNING m.head INTO "seq";
			INSERT INTO mailbox_senders AS known (mailbox_id, from_device_id, last_n)
			VALUES (box.id, sender_id, known_n)
			ON CONFLICT (mailbox_id, from_device_id) DO UPDATE SET last_n = excluded.last_n;
			INSERT INTO signals
				(mailbox_id, epoch, seq, from_device_id, call_id, call_version, kind, body, expires_at)
			VALUES (
				box.id, box.epoch, "seq", sender_id, live_call_id, "callVersion", sent.kind::signal_kind,
				decode(sent.body, 'base64'), clock_timestamp() + lifetime
			);
		END IF;
		RETURN NEXT;
	END LOOP;
END $$;
