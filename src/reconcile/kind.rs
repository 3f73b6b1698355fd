//! What can be wrong between a file and the books.
//!
//! | kind | is |
//! | --- | --- |
//! | `amount_differs` | both have the transaction, and what they moved is not the same |
//! | `direction_differs` | both have it, and what one takes the other gives |
//! | `in_file_only` | nothing in the ledger answers the record |
//! | `in_ledger_only` | the ledger moved money within the window, and no record tells of it |
//! | `twice_in_file` | the record is there again, or the same was settled again under another reference |
//! | `twice_in_ledger` | the ledger moved the same again, which the file has once |
//! | `wrong_account` | the record names another account than the one that moved |
//! | `wrong_currency` | the record bills in another currency than the one that moved |
//! | `held_not_posted` | the ledger has the sum on hold, or gave it back, and never posted it |
//! | `refused_by_ledger` | the ledger refused every operation of the transaction |
//! | `reference_reused` | two records that differ have one network reference and one type |
//! | `references_disagree` | the record names an action of another transaction, or none of this ledger |
//! | `foreign_record` | the record says that it is of another file |
//! | `settlement_currency_differs` | the record settles in another currency than its summary |
//! | `total_differs` | an amount of the summary is not what its records add up to |
//! | `count_differs` | a number of the summary is not how many records there are |
//! | `interchange_differs` | the interchange of the summary is not that of its records |
//! | `net_differs` | the net of the summary is not that of its records |
//! | `unusable_record` | a member of the record is missing or wrong: it is named, with its place |
//! | `unusable_summary` | a member of the summary is wrong: it is named |
//! | `checksum_differs` | the file is not the one that was announced |

use std::fmt;

macro_rules! kinds {
    ($($kind:ident $name:literal $short:literal,)*) => {
        /// One kind of break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "the table of this page says what each is")]
        pub enum Kind {
            $($kind,)*
        }

        impl Kind {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Its name, which stays.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// What it says, in short.
            #[must_use]
            pub const fn says(self) -> &'static str {
                match self {
                    $(Self::$kind => $short,)*
                }
            }
        }
    };
}

kinds! {
    AmountDiffers "amount_differs" "the ledger moved another amount",
    DirectionDiffers "direction_differs" "what the file takes, the ledger gave, or the reverse",
    InFileOnly "in_file_only" "the ledger moved nothing for this record",
    InLedgerOnly "in_ledger_only" "no record of the file tells of this movement",
    TwiceInFile "twice_in_file" "the file has this twice",
    TwiceInLedger "twice_in_ledger" "the ledger moved this twice, the file has it once",
    WrongAccount "wrong_account" "the ledger moved another account",
    WrongCurrency "wrong_currency" "the ledger moved another currency",
    HeldNotPosted "held_not_posted" "the ledger held this, and never posted it",
    RefusedByLedger "refused_by_ledger" "the ledger refused this",
    ReferenceReused "reference_reused" "another record has this network reference",
    ReferencesDisagree "references_disagree" "the action that it names is of something else",
    ForeignRecord "foreign_record" "the record says that it is of another file",
    SettlementCurrencyDiffers "settlement_currency_differs" "the summary settles in another currency",
    TotalDiffers "total_differs" "the records add up to another amount",
    CountDiffers "count_differs" "there is another number of records",
    InterchangeDiffers "interchange_differs" "the interchange of the records is another",
    NetDiffers "net_differs" "the net of the records is another",
    UnusableRecord "unusable_record" "the record cannot be used",
    UnusableSummary "unusable_summary" "the summary cannot be used",
    ChecksumDiffers "checksum_differs" "the file is not the one that was announced",
}

impl Kind {
    /// The kind of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Its place in the table, from zero.
    #[must_use]
    pub fn number(self) -> u8 {
        let place = Self::ALL.iter().position(|kind| *kind == self);
        place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
    }

    /// The kind at that place.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
