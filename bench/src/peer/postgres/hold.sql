-- A hold, exactly once, in amounts of minor units. It answers what is available after it, or
-- nothing when it was refused. Two of one key at once: one fails on the journal's key, with all
-- that it did, and finds the other's answer when it asks again.

CREATE TABLE account (
    ref text PRIMARY KEY,
    posted bigint NOT NULL,
    held bigint NOT NULL,
    overdraft bigint NOT NULL
) WITH (fillfactor = 50); -- room for new versions on the same page: no index changes

CREATE TABLE journal (
    idempotency_key text PRIMARY KEY,
    action bigint GENERATED ALWAYS AS IDENTITY,
    account text NOT NULL,
    transaction_id text NOT NULL,
    of_action_ref text NOT NULL,
    amount bigint NOT NULL,
    done boolean NOT NULL,
    available bigint NOT NULL
);

CREATE TABLE hold (
    action bigint PRIMARY KEY,
    account text NOT NULL,
    transaction_id text NOT NULL,
    amount bigint NOT NULL
);

CREATE FUNCTION hold(k text, acc text, txn text, act text, wanted bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    earlier journal%ROWTYPE;
    free bigint;
    number bigint;
BEGIN
    SELECT * INTO earlier FROM journal WHERE idempotency_key = k;
    IF FOUND THEN
        IF (earlier.account, earlier.transaction_id, earlier.of_action_ref, earlier.amount)
            IS DISTINCT FROM (acc, txn, act, wanted) THEN
            RAISE EXCEPTION 'IDEMPOTENCY_KEY_REUSED';
        END IF;
        RETURN CASE WHEN earlier.done THEN earlier.available END;
    END IF;
    UPDATE account SET held = held + wanted
        WHERE ref = acc AND posted - held + overdraft >= wanted
        RETURNING posted - held INTO free;
    IF NOT FOUND THEN
        SELECT posted - held INTO STRICT free FROM account WHERE ref = acc;
        INSERT INTO journal
            (idempotency_key, account, transaction_id, of_action_ref, amount, done, available)
            VALUES (k, acc, txn, act, wanted, false, free);
        RETURN NULL;
    END IF;
    INSERT INTO journal
        (idempotency_key, account, transaction_id, of_action_ref, amount, done, available)
        VALUES (k, acc, txn, act, wanted, true, free)
        RETURNING action INTO number;
    INSERT INTO hold VALUES (number, acc, txn, wanted);
    RETURN free;
END
$$;
