"""Sections of a site's settings: radios of access points, their channels, roaming and mesh."""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.unifi.kinds.site_settings.services import Cron
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Count, Flag, Numbers
from reconciler.model.fields.text import Names, Text
from reconciler.model.value import Value

PowerMode = Annotated[Text | None, Field(description="Transmit power: auto, low, medium, high or custom")]
Width = Annotated[Count | None, Field(description="Channel width, in MHz")]


class MeshSettings(Value):
    """Wireless uplinks of access points. The mesh key is in `secrets`."""

    enabled: Annotated[Flag, Field(description="Wireless meshing is on")] = False
    enable_isolated_wlan: Annotated[
        Flag, Field(description="Access points that lost their uplink keep their WLANs on")
    ] = False
    uplink_type: Annotated[Text | None, Field(description="How access points detect a lost uplink")] = None
    uplink_host: Annotated[
        Host | None, Field(description="Host that access points ping to detect a lost uplink")
    ] = None


class RadioDefaults(Value):
    """Default channel widths and transmit power of access points."""

    ap_exclusions: Annotated[
        Macs, Field(description="MAC addresses of access points with their own settings")
    ] = ()
    na_channel_size: Annotated[Width, Field(description="Channel width at 5 GHz, in MHz")] = None
    na_tx_power: Annotated[
        Count | None, Field(description="Transmit power at 5 GHz in dBm; only with custom")
    ] = None
    na_tx_power_mode: Annotated[
        PowerMode, Field(description="Transmit power at 5 GHz: auto, low, medium, high or custom")
    ] = None
    ng_channel_size: Annotated[Width, Field(description="Channel width at 2.4 GHz, in MHz")] = None
    ng_tx_power: Annotated[
        Count | None, Field(description="Transmit power at 2.4 GHz in dBm; only with custom")
    ] = None
    ng_tx_power_mode: Annotated[
        PowerMode, Field(description="Transmit power at 2.4 GHz: auto, low, medium, high or custom")
    ] = None
    band_6e_channel_size: Annotated[Width, Field(description="Channel width at 6 GHz, in MHz")] = None
    band_6e_tx_power: Annotated[
        Count | None, Field(description="Transmit power at 6 GHz in dBm; only with custom")
    ] = None
    band_6e_tx_power_mode: Annotated[
        PowerMode, Field(description="Transmit power at 6 GHz: auto, low, medium, high or custom")
    ] = None


class ExcludedChannel(Value):
    """A channel that is never chosen."""

    channel: Annotated[Count | None, Field(description="Channel number")] = None
    channel_width: Annotated[Width, Field(description="Channel width, in MHz")] = None
    radio: Annotated[Text | None, Field(description="Band: ng (2.4 GHz), na (5 GHz) or 6e (6 GHz)")] = None


class RadioWidth(Value):
    """Channel width of a band."""

    radio: Annotated[Text | None, Field(description="Band: ng (2.4 GHz), na (5 GHz) or 6e (6 GHz)")] = None
    channel_width: Annotated[Width, Field(description="Channel width, in MHz")] = None
    dfs: Annotated[Flag, Field(description="Allow DFS channels")] = False


class ChannelSettings(Value):
    """Channel AI: automatic channel selection."""

    enabled: Annotated[Flag, Field(description="Automatic channel selection is on")] = False
    setting_preference: Annotated[Text | None, Field(description="Settings: auto or manual")] = None
    cron_expr: Cron = None
    auto_adjust_channels_to_country: Annotated[
        Flag, Field(description="Choose only channels allowed in the country")
    ] = False
    auto_channel_presets_type: Annotated[
        Text | None, Field(description="Preset: maximum_speed, conservative or custom")
    ] = None
    channels_6e: Annotated[Numbers, Field(description="Allowed 6 GHz channels")] = ()
    channels_na: Annotated[Numbers, Field(description="Allowed 5 GHz channels")] = ()
    channels_ng: Annotated[Numbers, Field(description="Allowed 2.4 GHz channels")] = ()
    channels_blacklist: Annotated[
        tuple[ExcludedChannel, ...], InOneOrder, Field(description="Excluded channels; order does not matter")
    ] = ()
    default: Annotated[Flag, Field(description="Default settings")] = False
    exclude_devices: Annotated[
        Macs, Field(description="MAC addresses of access points that keep their channels")
    ] = ()
    high_priority_devices: Annotated[
        Macs, Field(description="MAC addresses of access points with high priority")
    ] = ()
    ht_modes_na: Annotated[Numbers, Field(description="Channel widths at 5 GHz, in MHz")] = ()
    ht_modes_ng: Annotated[Numbers, Field(description="Channel widths at 2.4 GHz, in MHz")] = ()
    optimize: Annotated[Names, Field(description="Optimized settings: channel, power")] = ()
    radios: Annotated[Names, Field(description="Bands: ng, na, 6e")] = ()
    radios_configuration: Annotated[
        tuple[RadioWidth, ...],
        InOneOrder,
        Field(description="Channel width of each band; order does not matter"),
    ] = ()
    use_xy: Annotated[Flag, Field(description="Use the positions of access points")] = False


class RoamingSettings(Value):
    """Roaming assistant: moves clients with a weak signal to another access point."""

    enabled: Annotated[Flag, Field(description="Roaming assistant is on")] = False
    rssi: Annotated[int | None, Field(description="RSSI threshold, in dBm")] = None
