//! Volume types, and what sizes, iops and throughputs each offers.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::error::AwsError;
use crate::query::Params;

/// A volume's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeType {
    /// General purpose SSD whose iops grow with its size.
    Gp2,
    /// General purpose SSD.
    Gp3,
    /// Provisioned iops SSD.
    Io1,
    /// Provisioned iops SSD, more durable.
    Io2,
    /// Throughput optimized HDD.
    St1,
    /// Cold HDD.
    Sc1,
    /// Magnetic.
    Standard,
}

/// What a type offers. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html>
struct Offer {
    kind: VolumeType,
    name: &'static str,
    /// In GiB.
    sizes: RangeInclusive<u32>,
    /// The iops that one may choose, and how many at most for each GiB.
    iops: Option<(RangeInclusive<u32>, u32)>,
}

const OFFERS: &[Offer] = &[
    Offer { kind: VolumeType::Gp2, name: "gp2", sizes: 1..=16_384, iops: None },
    Offer { kind: VolumeType::Gp3, name: "gp3", sizes: 1..=65_536, iops: Some((3_000..=80_000, 500)) },
    Offer { kind: VolumeType::Io1, name: "io1", sizes: 4..=16_384, iops: Some((100..=64_000, 50)) },
    Offer { kind: VolumeType::Io2, name: "io2", sizes: 4..=65_536, iops: Some((100..=256_000, 1_000)) },
    Offer { kind: VolumeType::St1, name: "st1", sizes: 125..=16_384, iops: None },
    Offer { kind: VolumeType::Sc1, name: "sc1", sizes: 125..=16_384, iops: None },
    Offer { kind: VolumeType::Standard, name: "standard", sizes: 1..=1_024, iops: None },
];

/// Throughputs of gp3 in MiB/s.
const THROUGHPUT: RangeInclusive<u32> = 125..=2_000;
/// Iops that gp3 needs for each MiB/s.
const IOPS_PER_THROUGHPUT: u32 = 4;
/// Iops of gp3, and of a volume that becomes io1 or io2, unless chosen.
pub const DEFAULT_IOPS: u32 = 3_000;

impl VolumeType {
    /// The type of a name.
    pub fn named(name: &str) -> Option<Self> {
        OFFERS.iter().find(|offer| offer.name == name).map(|offer| offer.kind)
    }

    fn offer(self) -> &'static Offer {
        OFFERS.iter().find(|offer| offer.kind == self).unwrap_or(&OFFERS[0])
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.offer().name
    }

    /// Whether one chooses its iops.
    pub fn takes_iops(self) -> bool {
        self.offer().iops.is_some()
    }

    /// Whether a server can start from it.
    pub fn boots(self) -> bool {
        !matches!(self, Self::St1 | Self::Sc1)
    }
}

/// What a volume is like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its type.
    pub kind: VolumeType,
    /// Its size in GiB.
    pub size: u32,
    /// Its iops: chosen, or of gp2 as its size gives them; the others have none to tell.
    pub iops: Option<u32>,
    /// In MiB/s; of gp3 only.
    pub throughput: Option<u32>,
}

fn invalid(message: String) -> AwsError {
    AwsError::new("InvalidParameterValue", message)
}

impl Spec {
    /// Checks what was chosen and fills in the rest.
    ///
    /// # Errors
    /// `InvalidParameterValue` out of a type's range, `InvalidParameterCombination` for what it does not take,
    /// `MissingParameter` for io1 and io2 without iops.
    pub fn new(kind: VolumeType, size: u32, iops: Option<u32>, throughput: Option<u32>) -> Result<Self, AwsError> {
        let offer = kind.offer();
        let (low, high) = (offer.sizes.start(), offer.sizes.end());
        if size > *high {
            return Err(invalid(format!(
                "Volume of {size}GiB is too large for volume type {}; maximum is {high}GiB.",
                offer.name
            )));
        }
        if size < *low {
            return Err(invalid(format!(
                "Volume of {size}GiB is too small for volume type {}; minimum is {low}GiB.",
                offer.name
            )));
        }
        let iops = Self::checked_iops(offer, size, iops)?;
        let throughput = Self::checked_throughput(offer, iops, throughput)?;
        Ok(Self { kind, size, iops, throughput })
    }

    fn checked_iops(offer: &Offer, size: u32, chosen: Option<u32>) -> Result<Option<u32>, AwsError> {
        let Some((range, per_gib)) = &offer.iops else {
            if chosen.is_some() {
                let message = format!("The parameter iops is not supported for {} volumes.", offer.name);
                return Err(AwsError::new("InvalidParameterCombination", message));
            }
            return Ok((offer.kind == VolumeType::Gp2).then(|| (size * 3).clamp(100, 16_000)));
        };
        let iops = match chosen {
            Some(iops) => iops,
            None if offer.kind == VolumeType::Gp3 => DEFAULT_IOPS,
            None => {
                let message = format!("The parameter iops must be specified for {} volumes.", offer.name);
                return Err(AwsError::new("MissingParameter", message));
            }
        };
        let (low, high) = (*range.start(), *range.end());
        if iops < low {
            return Err(invalid(format!("Volume iops of {iops} is too low; minimum is {low}.")));
        }
        if iops > high {
            return Err(invalid(format!("Volume iops of {iops} is too high; maximum is {high}.")));
        }
        // What every gp3 volume has, the smallest has too.
        if iops > size.saturating_mul(*per_gib).max(low) {
            let ratio = f64::from(iops) / f64::from(size);
            return Err(invalid(format!("Iops to volume size ratio of {ratio:.6} is too high; maximum is {per_gib}.")));
        }
        Ok(Some(iops))
    }

    fn checked_throughput(offer: &Offer, iops: Option<u32>, chosen: Option<u32>) -> Result<Option<u32>, AwsError> {
        if offer.kind != VolumeType::Gp3 {
            if chosen.is_some() {
                let message = format!("The parameter throughput is not supported for {} volumes.", offer.name);
                return Err(AwsError::new("InvalidParameterCombination", message));
            }
            return Ok(None);
        }
        let throughput = chosen.unwrap_or(*THROUGHPUT.start());
        if throughput < *THROUGHPUT.start() {
            return Err(invalid(format!("Volume throughput of {throughput}MiBps is too low; minimum is 125MiBps.")));
        }
        if throughput > *THROUGHPUT.end() {
            return Err(invalid(format!("Volume throughput of {throughput}MiBps is too high; maximum is 2000MiBps.")));
        }
        let iops = iops.unwrap_or(DEFAULT_IOPS);
        if throughput > iops / IOPS_PER_THROUGHPUT {
            let ratio = f64::from(throughput) / f64::from(iops);
            let message = format!(
                "Throughput (MiBps) to iops ratio of {ratio:.6} is too high; maximum is 0.250000 MiBps per iops."
            );
            return Err(invalid(message));
        }
        Ok(Some(throughput))
    }
}

/// Reads `VolumeType`; `otherwise` where it is not given.
pub fn volume_type(params: &Params<'_>, otherwise: VolumeType) -> Result<VolumeType, AwsError> {
    let Some(name) = params.get("VolumeType") else { return Ok(otherwise) };
    VolumeType::named(name).ok_or_else(|| invalid(format!("Invalid value '{name}' for VolumeType")))
}

#[cfg(test)]
mod tests {
    use super::VolumeType::{Gp2, Gp3, Io1, St1};
    use super::*;

    #[test]
    fn each_type_has_its_limits() {
        let of = |kind, size, iops, throughput| {
            let spec = Spec::new(kind, size, iops, throughput);
            spec.map(|spec| (spec.iops, spec.throughput)).map_err(|error| error.code.into_owned())
        };
        assert_eq!(of(Gp2, 10, None, None), Ok((Some(100), None)));
        assert_eq!(of(Gp2, 500, None, None), Ok((Some(1_500), None)));
        assert_eq!(of(Gp3, 1, None, None), Ok((Some(3_000), Some(125))));
        assert_eq!(of(Gp3, 20, Some(10_000), Some(2_000)), Ok((Some(10_000), Some(2_000))));
        assert_eq!(of(St1, 125, None, None), Ok((None, None)));
        for (result, code) in [
            (of(Gp3, 20, Some(10_001), None), "InvalidParameterValue"),
            (of(Gp3, 20, Some(3_000), Some(751)), "InvalidParameterValue"),
            (of(Gp3, 20, Some(2_999), None), "InvalidParameterValue"),
            (of(Gp2, 20, None, Some(125)), "InvalidParameterCombination"),
            (of(Io1, 20, None, None), "MissingParameter"),
            (of(Io1, 3, Some(100), None), "InvalidParameterValue"),
            (of(St1, 124, None, None), "InvalidParameterValue"),
        ] {
            assert_eq!(result, Err(code.to_owned()));
        }
    }
}
