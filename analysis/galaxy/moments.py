"""A simulated disc of known rotation curve whose velocity moments satisfy the Jeans equation exactly.

The radial Jeans equation of a stationary axisymmetric disc (Binney & Tremaine 2008, eq. 4.222a), solved for
the second moment along the rotation, at every R and z:

    <vphi^2> = v_c^2 + <vR^2> (1 + dln nu/dln R + dln <vR^2>/dln R) + (R/nu) d(nu <vR vz>)/dz

The radial force is taken as that of the plane at every z: what is given is v_c(R).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MockDisc:
    """The truth of a simulated disc; all numbers are chosen, none is measured.

    The circular velocity is `vc_r0_km_s` + `slope_km_s_kpc` (R - `r0_kpc`). The tracers' density is
    exp(-R/`scale_length_kpc`) sech^2(z / 2 `scale_height_kpc`), beyond `break_kpc` (infinite: none) with
    `outer_scale_length_kpc`, the change spread over `break_width_kpc`. <vR^2> is `sigma_r_km_s`^2 at r0 and
    falls as exp(-2 (R - r0)/`sigma_scale_kpc`); <vz^2> is `sigma_z_ratio`^2 of it. `tilt` is 1 for a velocity
    ellipsoid that points to the Galaxy's centre, 0 for one along the plane.

    What is beside the Jeans equation, and zero unless given: `streaming_vr_km_s` and
    `streaming_vphi_km_s`, the amplitudes of a bar- or spiral-like pattern of two arms (`streaming_pitch_deg`:
    90 is a bar, less winds;
    `streaming_phase_deg`: azimuth of its crest at r0); `warp_kpc`, height of a warp at 20 kpc that begins at
    `warp_start_kpc`, with its line of nodes at `warp_phase_deg`.

    Raises ValueError for numbers that make no disc, as moments that are negative somewhere in 3 to 30 kpc.
    """

    vc_r0_km_s: float = 234.0
    slope_km_s_kpc: float = -1.83
    r0_kpc: float = 8.122
    scale_length_kpc: float = 2.5
    scale_height_kpc: float = 0.3
    sigma_r_km_s: float = 35.0
    sigma_scale_kpc: float = 16.0
    sigma_z_ratio: float = 0.5
    tilt: float = 1.0
    break_kpc: float = math.inf
    outer_scale_length_kpc: float = 1.5
    break_width_kpc: float = 0.5
    skewness: float = 0.0
    streaming_vr_km_s: float = 0.0
    streaming_vphi_km_s: float = 0.0
    streaming_pitch_deg: float = 90.0
    streaming_phase_deg: float = 25.0
    warp_kpc: float = 0.0
    warp_start_kpc: float = 9.0
    warp_phase_deg: float = 15.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if math.isnan(value) or (math.isinf(value) and each.name != "break_kpc"):
                raise ValueError(f"{each.name} is {value}: a finite number is needed")
        for name in ("vc_r0_km_s", "r0_kpc", "scale_length_kpc", "scale_height_kpc", "sigma_r_km_s"):
            if getattr(self, name) <= 0.0:
                raise ValueError(f"{name} is {getattr(self, name):g}: it must be above 0")
        for name in ("sigma_scale_kpc", "sigma_z_ratio", "outer_scale_length_kpc", "break_width_kpc"):
            if getattr(self, name) <= 0.0:
                raise ValueError(f"{name} is {getattr(self, name):g}: it must be above 0")
        if abs(self.skewness) > 1.9:
            raise ValueError(f"skewness is {self.skewness:g}: -1.9 to 1.9 can be drawn")
        if not 0.0 < self.streaming_pitch_deg <= 90.0:
            raise ValueError(f"streaming_pitch_deg is {self.streaming_pitch_deg:g}, not above 0 and up to 90")
        if not 0.0 < self.warp_start_kpc < 20.0:
            raise ValueError(f"warp_start_kpc is {self.warp_start_kpc:g}, not between 0 and 20")
        self._check_moments()

    def _check_moments(self) -> None:
        radius = np.linspace(3.0, 30.0, 55)
        if not (self.vphi_mean_squared(radius, np.zeros(55)) > 0.0).all():
            raise ValueError(
                "the disc is too hot: somewhere in 3 to 30 kpc the Jeans equation leaves no rotation; "
                "lower sigma_r, or lengthen scale_length or sigma_scale"
            )
        # zR/(R^2 + z^2) is 1/2 at most: so much may vR and vz be correlated.
        ratio = self.sigma_z_ratio
        if 0.5 * abs(self.tilt * (1.0 - ratio**2)) >= ratio:
            raise ValueError(
                f"tilt {self.tilt:g} with sigma_z_ratio {ratio:g} correlates vR and vz beyond 1: lower it"
            )

    def circular_velocity(self, r_kpc: Array) -> Array:
        """Return the true v_c [km/s] at R (n,)."""
        return self.vc_r0_km_s + self.slope_km_s_kpc * (r_kpc - self.r0_kpc)

    def log_density(self, r_kpc: Array, z_kpc: Array) -> Array:
        """Return the natural logarithm (n,) of the tracers' density, of any zero point."""
        vertical = -2.0 * np.logaddexp(
            0.5 * z_kpc / self.scale_height_kpc, -0.5 * z_kpc / self.scale_height_kpc
        )
        inner = -r_kpc / self.scale_length_kpc + vertical
        if math.isinf(self.break_kpc):
            return inner
        change = 1.0 / self.outer_scale_length_kpc - 1.0 / self.scale_length_kpc
        width = self.break_width_kpc
        return inner - change * width * np.logaddexp(0.0, (r_kpc - self.break_kpc) / width)

    def dlnnu_dlnr(self, r_kpc: Array) -> Array:
        """Return the slope (n,) of ln density in ln R."""
        inner = 1.0 / self.scale_length_kpc
        change = 1.0 / self.outer_scale_length_kpc - inner
        beyond = 0.5 * (1.0 + np.tanh(0.5 * (r_kpc - self.break_kpc) / self.break_width_kpc))
        return -r_kpc * (inner + change * beyond)

    def dlnnu_dz(self, z_kpc: Array) -> Array:
        """Return the slope (n,) [1/kpc] of ln density in z."""
        return -np.tanh(0.5 * z_kpc / self.scale_height_kpc) / self.scale_height_kpc

    def vr2(self, r_kpc: Array) -> Array:
        """Return <vR^2> (n,) [km2/s2]."""
        return self.sigma_r_km_s**2 * np.exp(-2.0 * (r_kpc - self.r0_kpc) / self.sigma_scale_kpc)

    def dlnvr2_dlnr(self, r_kpc: Array) -> Array:
        """Return the slope (n,) of ln <vR^2> in ln R."""
        return -2.0 * r_kpc / self.sigma_scale_kpc

    def vz2(self, r_kpc: Array) -> Array:
        """Return <vz^2> (n,) [km2/s2]."""
        return self.sigma_z_ratio**2 * self.vr2(r_kpc)

    def vrvz(self, r_kpc: Array, z_kpc: Array) -> Array:
        """Return <vR vz> (n,) [km2/s2]: positive above the plane where the ellipsoid points to the centre."""
        size = self.tilt * (self.vr2(r_kpc) - self.vz2(r_kpc))
        return size * r_kpc * z_kpc / (r_kpc**2 + z_kpc**2)

    def cross_term(self, r_kpc: Array, z_kpc: Array) -> Array:
        """Return (R/nu) d(nu <vR vz>)/dz (n,) [km2/s2]."""
        size = self.tilt * (self.vr2(r_kpc) - self.vz2(r_kpc))
        square = r_kpc**2 + z_kpc**2
        slope = size * r_kpc * (r_kpc**2 - z_kpc**2) / square**2
        return r_kpc * (slope + self.vrvz(r_kpc, z_kpc) * self.dlnnu_dz(z_kpc))

    def vphi2(self, r_kpc: Array, z_kpc: Array) -> Array:
        """Return <vphi^2> (n,) [km2/s2] by the Jeans equation."""
        factor = 1.0 + self.dlnnu_dlnr(r_kpc) + self.dlnvr2_dlnr(r_kpc)
        radial = self.vr2(r_kpc) * factor
        return self.circular_velocity(r_kpc) ** 2 + radial + self.cross_term(r_kpc, z_kpc)

    def vphi_variance(self, r_kpc: Array) -> Array:
        """Return the variance of vphi (n,) [km2/s2]: (1 + dln v_c/dln R)/2 of <vR^2>, as of epicycles."""
        slope = self.slope_km_s_kpc * r_kpc / self.circular_velocity(r_kpc)
        return self.vr2(r_kpc) * np.clip(0.5 * (1.0 + slope), 0.1, None)

    def vphi_mean_squared(self, r_kpc: Array, z_kpc: Array) -> Array:
        """Return the square (n,) of the mean of vphi: <vphi^2> less the variance."""
        return self.vphi2(r_kpc, z_kpc) - self.vphi_variance(r_kpc)

    def streaming(self, r_kpc: Array, phi_rad: Array) -> tuple[Array, Array]:
        """Return what the pattern of two arms adds to vR and vphi (n,) [km/s]."""
        wind = np.log(r_kpc / self.r0_kpc) / math.tan(math.radians(self.streaming_pitch_deg))
        angle = 2.0 * (phi_rad - math.radians(self.streaming_phase_deg) - wind)
        return self.streaming_vr_km_s * np.sin(angle), self.streaming_vphi_km_s * np.cos(angle)

    def warp(self, r_kpc: Array, phi_rad: Array) -> tuple[Array, Array, Array]:
        """Return the warp's height [kpc] (n,), its slope in R, and its derivative [kpc/rad] in azimuth."""
        reach = 20.0 - self.warp_start_kpc
        out = np.clip(r_kpc - self.warp_start_kpc, 0.0, None) / reach
        angle = phi_rad - math.radians(self.warp_phase_deg)
        size = self.warp_kpc * out**1.5
        slope = 1.5 * self.warp_kpc * np.sqrt(out) / reach
        return size * np.sin(angle), slope * np.sin(angle), size * np.cos(angle)
