//! Why the machine, not the domain, says no: as answers.

use hyper::StatusCode;

use super::answer::Problem;
use crate::engine::{AmendError, HistoryError, LimitsError, Unavailable};

impl From<Unavailable> for Problem {
    fn from(why: Unavailable) -> Self {
        let message = why.to_string();
        match why {
            Unavailable::StorageLow => Self::unavailable("STORAGE_LOW", message),
            Unavailable::Overloaded | Unavailable::Stopping => {
                Self::unavailable("OVERLOADED", message)
            }
            Unavailable::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LARGE", message)
            }
        }
    }
}

impl From<HistoryError> for Problem {
    fn from(why: HistoryError) -> Self {
        tracing::error!(error = %why, "history cannot be read");
        let code = "HISTORY_UNREADABLE";
        Self::unavailable(code, "what this asks for cannot be read from the log: nothing was done")
    }
}

impl From<LimitsError> for Problem {
    fn from(why: LimitsError) -> Self {
        match why {
            LimitsError::NotFound => Self::no_such_account(),
            LimitsError::Unavailable(why) => why.into(),
        }
    }
}

impl From<AmendError> for Problem {
    fn from(why: AmendError) -> Self {
        let message = why.to_string();
        match why {
            AmendError::NotFound => Self::no_such_account(),
            AmendError::NotEmpty(_) => {
                Self::new(StatusCode::CONFLICT, "ACCOUNT_NOT_EMPTY", message)
            }
            AmendError::NoSuchCurrency(..) | AmendError::TooManyBalances(_) => {
                Self::invalid(message)
            }
            AmendError::Unavailable(why) => why.into(),
        }
    }
}
