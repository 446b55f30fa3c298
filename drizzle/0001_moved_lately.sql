CREATE TABLE "endings" (
	"topic" text NOT NULL,
	"room_id" uuid,
	"ended_at" timestamp (3) with time zone DEFAULT clock_timestamp() NOT NULL
);
--> statement-breakpoint
-- What is there already has not changed lately; and a constant default does not write the table anew.
ALTER TABLE "calls" ADD COLUMN "changed_at" timestamp (3) with time zone DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
ALTER TABLE "calls" ALTER COLUMN "changed_at" SET DEFAULT clock_timestamp();--> statement-breakpoint
-- What is there already has not changed lately; and a constant default does not write the table anew.
ALTER TABLE "rooms" ADD COLUMN "changed_at" timestamp (3) with time zone DEFAULT 'epoch' NOT NULL;--> statement-breakpoint
ALTER TABLE "rooms" ALTER COLUMN "changed_at" SET DEFAULT clock_timestamp();--> statement-breakpoint
CREATE INDEX "endings_ended_at" ON "endings" USING btree ("ended_at");--> statement-breakpoint
CREATE INDEX "calls_changed_at" ON "calls" USING btree ("changed_at");--> statement-breakpoint
CREATE INDEX "rooms_changed_at" ON "rooms" USING btree ("changed_at");