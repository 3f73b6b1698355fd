//! What was asked and what was answered, in the rig's own memory; and the check of a server
//! against it.

use std::io;
use std::sync::Arc;

use crate::books::Books;
use crate::choices::Choices;
use crate::http::{Client, Listener, Listeners, Reply};
use crate::wrong::Wrong;

/// How many repeats are sent before the first of them is received.
const AHEAD: usize = 32;
/// How many requests without an answer are looked at in every combination.
const OPEN_MAX: usize = 12;

/// One request, with a key of its own.
#[derive(Clone)]
pub struct Asked {
    /// Of whom.
    pub listener: Listener,
    /// Its bytes.
    pub request: Arc<[u8]>,
    /// What it moves if it is done.
    pub effect: Books,
    /// The first answer.
    pub answer: Option<Arc<str>>,
}

/// Everything that was asked of one ledger.
#[derive(Clone, Default)]
pub struct Journal(pub Vec<Asked>);

/// What a check went through.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked {
    /// Answers that were told again.
    pub told: u64,
    /// Requests that had no answer and turned out to be done.
    pub done: u64,
    /// Those that turned out not to be.
    pub undone: u64,
}

impl Asked {
    /// Notes an answer.
    ///
    /// # Errors
    /// It is not the first answer, or none that may be given.
    pub fn hear(&mut self, reply: &Reply) -> Result<(), Wrong> {
        if !matches!(reply.status, 200 | 201) {
            return Err(self.wrong("is refused", reply));
        }
        match &self.answer {
            None => self.answer = Some(reply.body.as_str().into()),
            Some(first) if !reply.replayed => {
                return Err(self.wrong(&format!("was answered {first}, and is done again"), reply));
            }
            Some(first) if **first != *reply.body => {
                return Err(self.wrong(&format!("was answered {first}"), reply));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.contains(r#""success":true"#))
    }

    /// A finding about this request.
    #[must_use]
    pub fn wrong(&self, what: &str, reply: &Reply) -> Wrong {
        let request = String::from_utf8_lossy(&self.request);
        let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let body: String = body.chars().take(400).collect();
        Wrong::new(format!("{body} {what}; now: {} {}", reply.status, reply.body))
    }
}

impl Journal {
    /// What everything comes to that was answered as done.
    #[must_use]
    pub fn books(&self) -> Books {
        let done = self.0.iter().filter(|asked| asked.is_done());
        done.fold(Books::default(), |books, asked| books.plus(&asked.effect))
    }

    /// How many requests were answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.0.iter().filter(|asked| asked.answer.is_some()).count()
    }

    /// Holds a server to the journal. What had no answer has one afterwards.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn check(&mut self, server: Listeners, choices: &mut Choices) -> Result<Checked, Wrong> {
        let mut operator = connect(&server, Listener::Operator)?;
        let found = Books::told_by(&mut operator)?;
        self.explains(&found)?;
        let told =
            self.repeat(&server, Listener::Network)? + self.repeat(&server, Listener::Operator)?;
        same("the books after the repeats", &Books::told_by(&mut operator)?, &found)?;
        let (done, undone) = self.ask_the_rest(&server, choices)?;
        same("the books in the end", &Books::told_by(&mut operator)?, &self.books())?;
        Ok(Checked { told, done, undone })
    }

    /// Whether the books are what was answered and, of what was not, some wholly and the others
    /// not at all.
    fn explains(&self, found: &Books) -> Result<(), Wrong> {
        let answered = self.books();
        let open: Vec<&Books> = self.open().map(|asked| &asked.effect).collect();
        if open.len() > OPEN_MAX {
            return Ok(());
        }
        let explained = (0..1_u32 << open.len()).any(|chosen| {
            let done = open.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1);
            done.fold(answered, |books, (_, effect)| books.plus(effect)) == *found
        });
        if explained {
            return Ok(());
        }
        let open = open.len();
        Err(Wrong::new(format!(
            "the books are {found:?}: not what was answered, {answered:?}, with any of the {open} \
             requests that were not"
        )))
    }

    fn open(&self) -> impl Iterator<Item = &Asked> {
        self.0.iter().filter(|asked| asked.answer.is_none())
    }

    /// Asks again for everything that one listener has answered; how much that was.
    pub(crate) fn repeat(&mut self, server: &Listeners, listener: Listener) -> Result<u64, Wrong> {
        let mut client = connect(server, listener)?;
        let mut answered: Vec<&mut Asked> = self.0.iter_mut().collect();
        answered.retain(|asked| asked.listener == listener && asked.answer.is_some());
        for run in answered.chunks_mut(AHEAD) {
            let requests: Vec<u8> =
                run.iter().map(|asked| &*asked.request).collect::<Vec<_>>().concat();
            client.send(&requests).map_err(|error| lost(&error))?;
            for asked in run {
                asked.hear(&client.receive().map_err(|error| lost(&error))?)?;
            }
        }
        Ok(crate::size::wide(answered.len()))
    }

    /// Asks, in any order, what was not answered; how many were done before, and how many not.
    fn ask_the_rest(
        &mut self,
        server: &Listeners,
        choices: &mut Choices,
    ) -> Result<(u64, u64), Wrong> {
        let mut open: Vec<&mut Asked> = self.0.iter_mut().collect();
        open.retain(|asked| asked.answer.is_none());
        choices.shuffle(&mut open);
        let (mut done, mut undone) = (0, 0);
        for asked in open {
            let mut client = connect(server, asked.listener)?;
            let reply = client.ask(&asked.request).map_err(|error| lost(&error))?;
            asked.hear(&reply)?;
            if reply.replayed { done += 1 } else { undone += 1 }
        }
        Ok((done, undone))
    }
}

fn same(what: &str, found: &Books, expected: &Books) -> Result<(), Wrong> {
    if found == expected {
        return Ok(());
    }
    Err(Wrong::new(format!("{what} are {found:?} and must be {expected:?}")))
}

fn connect(server: &Listeners, listener: Listener) -> Result<Client, Wrong> {
    Client::connect(server.of(listener)).map_err(|error| lost(&error))
}

fn lost(error: &io::Error) -> Wrong {
    Wrong::new(format!("a server that has just started does not answer: {error}"))
}
