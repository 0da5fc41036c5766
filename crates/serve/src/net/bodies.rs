//! Bodies that tell whether their client is waited for.

use super::idle::{Answering, Client};
use super::unread::{PIECE, Unsent};
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Which way a body goes.
pub(super) enum Way {
    /// A request: its client is waited for while there is nothing to read.
    In(Arc<Client>),
    /// An answer: its client is waited for from the time it is given a piece until it can take another.
    Out { to: Answering, _memory: Option<Unsent> },
}

/// A body in pieces, which tells whether its client is waited for.
pub(super) struct Watched<B> {
    body: B,
    /// What is left of the last piece.
    rest: Bytes,
    way: Way,
}

impl<B> Watched<B> {
    pub(super) fn new(body: B, way: Way) -> Self {
        Self { body, rest: Bytes::new(), way }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Watched<B> {
    /// The next piece, or trailers.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                other => return Poll::Ready(other),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Watched<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = self.next(context);
        match &self.way {
            Way::In(client) => client.is_to_send(polled.is_pending()),
            Way::Out { to, .. } => to.client().is_to_read(polled.is_ready()),
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, of_body) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(of_body.lower() + rest);
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use super::super::idle::Idle;
    use super::*;
    use http_body_util::Full;
    use std::task::Waker;

    #[test]
    fn a_large_answer_goes_out_in_pieces() {
        let idle: Arc<Idle> = Arc::default();
        let client = Client::new(&idle);
        let bytes: Bytes = (0..2 * PIECE + 5).map(|at| at as u8).collect::<Vec<u8>>().into();
        let way = Way::Out { to: client.request(), _memory: None };
        let mut body = Watched::new(Full::new(bytes.clone()), way);
        let mut found = Vec::new();
        for size in [PIECE, PIECE, 5] {
            assert_eq!(body.size_hint().exact(), Some((bytes.len() - found.len()) as u64));
            assert!(!body.is_end_stream());
            let polled = Pin::new(&mut body).poll_frame(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(Some(Ok(frame))) = polled else { panic!("it is there") };
            let piece = frame.into_data().unwrap();
            assert_eq!(piece.len(), size);
            found.extend_from_slice(&piece);
        }
        assert!(body.is_end_stream());
        assert_eq!(found, bytes);
    }
}
