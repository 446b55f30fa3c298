CREATE TYPE "public"."ring_setting" AS ENUM('ring', 'silent', 'none');--> statement-breakpoint
ALTER TABLE "calls" ADD COLUMN "in_messages" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD COLUMN "call_id" uuid;--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "last_read" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "room_members" ADD COLUMN "ring" "ring_setting" DEFAULT 'ring' NOT NULL;--> statement-breakpoint
ALTER TABLE "rooms" ADD COLUMN "members_changed_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL;--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_call_id_calls_id_fk" FOREIGN KEY ("call_id") REFERENCES "public"."calls"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "calls_not_in_messages" ON "calls" USING btree ("ended_at") WHERE "calls"."phase" = 'ended' and not "calls"."in_messages";--> statement-breakpoint
ALTER TABLE "messages" ADD CONSTRAINT "messages_call_id_unique" UNIQUE("call_id");--> statement-breakpoint
-- Nobody finds everything unread, nor lines of calls that were over long ago, because of an update.
UPDATE "room_members" SET "last_read" = "rooms"."last_n" FROM "rooms" WHERE "rooms"."id" = "room_members"."room_id";--> statement-breakpoint
UPDATE "calls" SET "in_messages" = true WHERE "phase" = 'ended';
