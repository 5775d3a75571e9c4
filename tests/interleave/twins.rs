//! Twins.
use crate::act::Answer;
use tokio_postgres::{Client, Error};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Twin {}

impl Twin {
    pub(crate) async fn perform(&self, _owner: &Client) -> Result<Answer, Error> {
        match *self {}
    }
}
