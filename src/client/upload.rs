//! What is sent: a text, or a file that is read as it is sent.

use std::fs::File;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Body, Bytes, Frame, SizeHint};

/// What is read of a file at once.
const PIECE_BYTES: usize = 256 << 10;

/// A file on its way, and who hears how much of it is gone.
pub struct Upload {
    file: File,
    left: u64,
    on_sent: Box<dyn Fn(u64) + Send>,
}

/// The body of a request.
pub(super) enum Sent {
    /// All at once.
    Text(Full<Bytes>),
    /// As it is read.
    File(Upload),
}

impl Upload {
    /// So many bytes of a file; `on_sent` hears of each piece how long it is.
    pub fn new(file: File, bytes: u64, on_sent: impl Fn(u64) + Send + 'static) -> Self {
        Self { file, left: bytes, on_sent: Box::new(on_sent) }
    }

    /// The next piece. It is read on the thread that sends, which has nothing else to do.
    fn piece(&mut self) -> io::Result<Bytes> {
        let wanted = usize::try_from(self.left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; wanted];
        self.file.read_exact(&mut piece)?;
        let sent = u64::try_from(wanted).unwrap_or(0);
        self.left = self.left.saturating_sub(sent);
        (self.on_sent)(sent);
        Ok(piece.into())
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self.get_mut() {
            Self::Text(text) => Pin::new(text).poll_frame(context).map_err(|never| match never {}),
            Self::File(file) if file.left == 0 => Poll::Ready(None),
            Self::File(file) => Poll::Ready(Some(file.piece().map(Frame::data))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Text(text) => text.is_end_stream(),
            Self::File(file) => file.left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Text(text) => text.size_hint(),
            Self::File(file) => SizeHint::with_exact(file.left),
        }
    }
}
