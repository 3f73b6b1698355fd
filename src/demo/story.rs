//! The story as data: what happens in the world of cards, the operation that the card network
//! calls for it, and what the customer must have afterwards, written down by hand.
//!
//! An account has money on at most one hold at a time, so that the sum on its holds is also what
//! the answers tell of that hold.

/// The currency of every amount.
pub(super) const CURRENCY: &str = "SGD";

/// The accounts, which are opened empty.
pub(super) const ACCOUNTS: [&str; 2] = ["alice", "ben"];

/// Chapters: a title, and the steps in it.
pub(super) type Chapters = &'static [(&'static str, &'static [Step])];

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What happens in the world of cards.
    pub(super) happened: &'static str,
    /// What the ledger is asked for it.
    pub(super) ask: Ask,
    /// In major units; `None` asks for all that is left.
    pub(super) amount: Option<&'static str>,
    /// Whose account.
    pub(super) account: &'static str,
    /// The card transaction that it belongs to.
    pub(super) transaction: &'static str,
    /// Which balance or hold it is about.
    pub(super) about: About,
    /// The refusal that it must get; `None` when it must be done.
    pub(super) refusal: Option<&'static str>,
    /// What the customer may spend afterwards.
    pub(super) available: &'static str,
    /// What is set aside for card transactions afterwards.
    pub(super) on_hold: &'static str,
}

/// What the ledger can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// One of the six operations of the card network.
    Operation(&'static str),
    /// A transfer from `@funding`, by the issuer.
    TopUp,
}

impl Ask {
    /// Its name in the statement.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Operation(name) => name,
            Self::TopUp => "transfer",
        }
    }
}

/// Which balance or hold a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The account's own balance, or a new hold.
    Account,
    /// The balance or hold that the first answer in this transaction named.
    SameAsBefore,
}

/// Until the server is killed.
pub(super) const MORNING: Chapters = &[
    (
        "Money comes in",
        &[
            when("alice tops up her account").tops_up("500.00", "alice").leaves("500.00", "0.00"),
            when("ben tops up his account").tops_up("100.00", "ben").leaves("100.00", "0.00"),
        ],
    ),
    (
        "Final authorization: a sum that is known is taken at once",
        &[
            when("alice buys groceries")
                .asks("debit_balance", "57.50")
                .on("alice", "groceries")
                .leaves("442.50", "0.00"),
            when("alice buys books")
                .asks("debit_balance", "40.00")
                .on("alice", "books")
                .leaves("402.50", "0.00"),
            when("the bookshop takes the sale back: reversal")
                .asks("credit_balance", "40.00")
                .back_on("alice", "books")
                .leaves("442.50", "0.00"),
            when("ben cannot pay for a phone: declined")
                .asks("debit_balance", "150.00")
                .on("ben", "phone")
                .is_refused("INSUFFICIENT_FUNDS")
                .leaves("100.00", "0.00"),
        ],
    ),
    (
        "Pre-authorization: a hotel sets aside what it does not know yet",
        &[
            when("alice checks in: pre-authorization")
                .asks("hold_balance", "200.00")
                .on("alice", "hotel")
                .leaves("242.50", "200.00"),
            when("she stays another night: increment")
                .asks("hold_balance", "50.00")
                .back_on("alice", "hotel")
                .leaves("192.50", "250.00"),
            when("she has dinner there: increment")
                .asks("hold_balance", "30.25")
                .back_on("alice", "hotel")
                .leaves("162.25", "280.25"),
            when("the first night is cleared: partial capture")
                .asks("debit_hold_balance", "120.00")
                .back_on("alice", "hotel")
                .leaves("162.25", "160.25"),
            when("that clearing is reversed: back on hold")
                .asks("credit_hold_balance", "120.00")
                .back_on("alice", "hotel")
                .leaves("162.25", "280.25"),
        ],
    ),
];

/// Sent to the server that is killed, and asked again of the next one.
pub(super) const CUT_SHORT: Step = when("the hotel's bill is cleared: capture")
    .asks("debit_hold_balance", "210.00")
    .back_on("alice", "hotel")
    .leaves("162.25", "70.25");

/// After the restart.
pub(super) const AFTERNOON: Chapters = &[
    (
        "The hotel lets go of the rest",
        &[when("the rest of the hold is released")
            .asks_for_the_rest("restore_balance")
            .back_on("alice", "hotel")
            .leaves("232.50", "0.00")],
    ),
    (
        "Over-capture: cleared for more than was held",
        &[
            when("alice starts to fuel: pre-authorization")
                .asks("hold_balance", "50.00")
                .on("alice", "fuel")
                .leaves("182.50", "50.00"),
            when("she filled up for more: over-capture")
                .asks("debit_hold_balance", "63.20")
                .back_on("alice", "fuel")
                .leaves("169.30", "0.00"),
            when("ben rents a car: pre-authorization")
                .asks("hold_balance", "90.00")
                .on("ben", "car")
                .leaves("10.00", "90.00"),
            when("tolls come on top: over-capture, below zero")
                .asks("debit_hold_balance", "112.00")
                .back_on("ben", "car")
                .leaves("-12.00", "0.00"),
            when("ben tops up again").tops_up("62.00", "ben").leaves("50.00", "0.00"),
        ],
    ),
    (
        "Refund: goods go back to the shop",
        &[
            when("alice gets her money back for shoes: refund")
                .asks("credit_balance", "35.00")
                .on("alice", "shoes")
                .leaves("204.30", "0.00"),
            when("the shop was wrong: refund reversal")
                .asks("debit_balance", "35.00")
                .back_on("alice", "shoes")
                .leaves("169.30", "0.00"),
        ],
    ),
    (
        "Clearing without authorization: nobody asked beforehand",
        &[
            when("a ferry clears more than ben has: refused")
                .asks("debit_balance", "75.00")
                .on("ben", "ferry")
                .is_refused("INSUFFICIENT_FUNDS")
                .leaves("50.00", "0.00"),
            when("a car park clears what ben can pay: accepted")
                .asks("debit_balance", "12.00")
                .on("ben", "parking")
                .leaves("38.00", "0.00"),
        ],
    ),
];

/// Every step, in order.
pub(super) fn steps() -> impl Iterator<Item = &'static Step> {
    let of = |chapters: Chapters| chapters.iter().flat_map(|(_, steps)| steps.iter());
    of(MORNING).chain([&CUT_SHORT]).chain(of(AFTERNOON))
}

/// The beginning of a step; the rest of the sentence says the rest.
const fn when(happened: &'static str) -> Step {
    Step {
        happened,
        ask: Ask::TopUp,
        amount: None,
        account: "",
        transaction: "",
        about: About::Account,
        refusal: None,
        available: "",
        on_hold: "",
    }
}

impl Step {
    const fn tops_up(self, amount: &'static str, account: &'static str) -> Self {
        Self { ask: Ask::TopUp, amount: Some(amount), account, transaction: "top-up", ..self }
    }

    const fn asks(self, operation: &'static str, amount: &'static str) -> Self {
        Self { ask: Ask::Operation(operation), amount: Some(amount), ..self }
    }

    const fn asks_for_the_rest(self, operation: &'static str) -> Self {
        Self { ask: Ask::Operation(operation), ..self }
    }

    const fn on(self, account: &'static str, transaction: &'static str) -> Self {
        Self { account, transaction, ..self }
    }

    const fn back_on(self, account: &'static str, transaction: &'static str) -> Self {
        Self { account, transaction, about: About::SameAsBefore, ..self }
    }

    const fn is_refused(self, code: &'static str) -> Self {
        Self { refusal: Some(code), ..self }
    }

    const fn leaves(self, available: &'static str, on_hold: &'static str) -> Self {
        Self { available, on_hold, ..self }
    }
}
