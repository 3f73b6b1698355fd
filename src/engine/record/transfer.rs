//! A transfer: what was asked, and what became of both its ends.
//!
//! | part | bytes |
//! | --- | --- |
//! | idempotency key, source, destination | three texts |
//! | money | money |
//! | transaction | option of text |
//! | description, metadata | two options of long text |
//! | the opening actions of source and destination | two options of `u64` |
//! | outcome | 0 and two options of movement; or 1 (source) or 2 (destination) and a refusal |
//! | standings of source and destination | two standings |

use super::bytes::{Body, Malformed, Reader, Writer, texts_fit};
use super::standing::Standing;
use crate::ledger::{
    ActionRef, BalanceRef, Money, Movement, Place, Pocket, Side, Transfer, TransferRefused,
};

/// What the operator asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferRequest<'a> {
    /// Names the action for its sender, once per tenant.
    pub idempotency_key: &'a str,
    /// The accounts that the money leaves and arrives at.
    pub ends: Ends<'a>,
    /// How much.
    pub money: Money,
    /// The card transaction that it belongs to.
    pub transaction_id: Option<&'a str>,
    /// For people.
    pub description: Option<&'a str>,
    /// A JSON object of the operator's, kept as it was given.
    pub metadata: Option<&'a str>,
}

impl TransferRequest<'_> {
    /// Whether it means the same as `other`: equal but for the spacing and order of metadata.
    #[must_use]
    pub fn means(&self, other: &TransferRequest<'_>) -> bool {
        let bare = |request: &Self| TransferRequest { metadata: None, ..*request };
        let json = |text: Option<&str>| {
            text.map(|text| serde_json::from_str::<serde_json::Value>(text).ok())
        };
        TransferRequest { metadata: None, ..*other } == bare(self)
            && (self.metadata == other.metadata || json(self.metadata) == json(other.metadata))
    }
}

/// The names of two different accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends<'a> {
    source: &'a str,
    destination: &'a str,
}

impl<'a> Ends<'a> {
    /// `None` when both are one account: money cannot move from a place to itself.
    #[must_use]
    pub fn new(source: &'a str, destination: &'a str) -> Option<Self> {
        (source != destination).then_some(Self { source, destination })
    }

    /// The account that the money leaves.
    #[must_use]
    pub const fn source(&self) -> &'a str {
        self.source
    }

    /// The account that it arrives at.
    #[must_use]
    pub const fn destination(&self) -> &'a str {
        self.destination
    }
}

/// A transfer that was done or refused.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferAction<'a> {
    /// What was asked.
    pub request: TransferRequest<'a>,
    /// The action that opened the source, where that is a customer's account.
    pub source_opened: Option<ActionRef>,
    /// The action that opened the destination, where that is a customer's account.
    pub destination_opened: Option<ActionRef>,
    /// What became of it.
    pub outcome: Result<Transfer, TransferRefused>,
    /// How source and destination stand after it.
    pub standings: [Standing; 2],
}

impl TransferAction<'_> {
    /// The balance on that side and what is there after; `None` for a system account.
    #[must_use]
    pub fn located(&self, side: Side) -> Option<(BalanceRef, Place)> {
        let opened = match side {
            Side::Source => self.source_opened,
            Side::Destination => self.destination_opened,
        };
        let movement = self.movement(side)?;
        Some((BalanceRef::new(opened?, movement.ordinal), movement.after))
    }

    /// What it did on that side; `None` for a system account, and where it was refused.
    #[must_use]
    pub fn movement(&self, side: Side) -> Option<&Movement> {
        let transfer = self.outcome.as_ref().ok()?;
        match side {
            Side::Source => transfer.source.as_ref(),
            Side::Destination => transfer.destination.as_ref(),
        }
    }

    /// How that side stands after it.
    #[must_use]
    pub const fn standing(&self, side: Side) -> &Standing {
        let [source, destination] = &self.standings;
        match side {
            Side::Source => source,
            Side::Destination => destination,
        }
    }

    /// The balance of that side that it tells, as it is after it; `None` where it tells none.
    #[must_use]
    pub fn tells(&self, side: Side) -> Option<(u8, &Pocket)> {
        match &self.outcome {
            Ok(_) => self.movement(side).map(|it| (it.ordinal, &it.after.pocket)),
            Err(it) if it.side == side => it.refused.tells(),
            Err(_) => None,
        }
    }
}

impl Body for TransferAction<'_> {
    const KIND: u8 = 2;

    fn fits(&self) -> bool {
        let TransferRequest { idempotency_key, ends, transaction_id, .. } = self.request;
        let names = [idempotency_key, ends.source, ends.destination];
        texts_fit(names.into_iter().chain(transaction_id))
    }

    fn encode(&self, w: &mut Writer<'_>) {
        self.request.encode(w);
        for opened in [self.source_opened, self.destination_opened] {
            w.option(opened, |w, opened| w.u64(opened.position()));
        }
        match &self.outcome {
            Ok(transfer) => {
                w.u8(0);
                w.option(transfer.source.as_ref(), Writer::movement);
                w.option(transfer.destination.as_ref(), Writer::movement);
            }
            Err(TransferRefused { side, refused }) => {
                w.u8(if *side == Side::Source { 1 } else { 2 });
                w.refused(refused);
            }
        }
        self.standings.iter().for_each(|standing| w.standing(standing));
    }
}

impl<'a> TransferAction<'a> {
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            request: TransferRequest::decode(r)?,
            source_opened: r.option(Reader::action_ref)?,
            destination_opened: r.option(Reader::action_ref)?,
            outcome: outcome(r)?,
            standings: [r.standing()?, r.standing()?],
        })
    }
}

fn outcome(r: &mut Reader<'_>) -> Result<Result<Transfer, TransferRefused>, Malformed> {
    let side = match r.u8()? {
        0 => {
            let source = r.option(Reader::movement)?;
            return Ok(Ok(Transfer { source, destination: r.option(Reader::movement)? }));
        }
        1 => Side::Source,
        2 => Side::Destination,
        _ => return Err(Malformed("outcome")),
    };
    Ok(Err(TransferRefused { side, refused: r.refused()? }))
}

impl<'a> TransferRequest<'a> {
    fn encode(&self, w: &mut Writer<'_>) {
        w.text(self.idempotency_key);
        w.text(self.ends.source);
        w.text(self.ends.destination);
        w.money(self.money);
        w.option(self.transaction_id, Writer::text);
        w.option(self.description, Writer::long_text);
        w.option(self.metadata, Writer::long_text);
    }

    fn decode(r: &mut Reader<'a>) -> Result<Self, Malformed> {
        Ok(Self {
            idempotency_key: r.text()?,
            ends: Ends::new(r.text()?, r.text()?).ok_or(Malformed("ends of the transfer"))?,
            money: r.money()?,
            transaction_id: r.option(Reader::text)?,
            description: r.option(Reader::long_text)?,
            metadata: r.option(Reader::long_text)?,
        })
    }
}
