"""The section of a site's settings that rules guests: how they log in, and what they may reach."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.addresses import AddressSet
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.value import Value


class GuestPortalSettings(Value):
    """The guest portal. Its passwords and keys of payment services are in `secrets`."""

    portal_enabled: Flag = False
    auth: Annotated[Text, Field(description="none, hotspot, facebook_wifi or custom")] = "none"
    auth_url: Text | None = None
    custom_ip: Annotated[Text | None, Field(description="Of a portal of one's own")] = None
    allowed_subnets: Annotated[Names, Field(description="What guests reach before they log in")] = ()
    restricted_subnets: Annotated[Names, Field(description="What guests do not reach")] = ()
    restricted_dns_enabled: Flag = False
    restricted_dns_servers: Annotated[AddressSet, Field(description="DNS servers of guests")] = ()
    ec_enabled: Annotated[Flag, Field(description="HTTPS of guests is redirected too")] = False
    expire: Annotated[Text | None, Field(description="Minutes, or custom")] = None
    expire_number: Count | None = None
    expire_unit: Annotated[Count | None, Field(description="Minutes: 1, 60 or 1440")] = None
    password_enabled: Flag = False
    voucher_enabled: Flag = False
    voucher_customized: Flag = False
    payment_enabled: Flag = False
    gateway: Annotated[Text | None, Field(description="Payment service")] = None
    authorize_use_sandbox: Flag = False
    ippay_use_sandbox: Flag = False
    merchantwarrior_use_sandbox: Flag = False
    paypal_use_sandbox: Flag = False
    quickpay_testmode: Flag = False
    radius_enabled: Flag = False
    radius_auth_type: Annotated[Text | None, Field(description="chap or mschapv2")] = None
    radius_disconnect_enabled: Flag = False
    radius_disconnect_port: Count | None = None
    radius_profile: Text | None = None
    facebook_enabled: Flag = False
    facebook_app_id: Text | None = None
    facebook_scope_email: Flag = False
    facebook_wifi_block_https: Flag = False
    facebook_wifi_gw_id: Text | None = None
    facebook_wifi_gw_name: Text | None = None
    google_enabled: Flag = False
    google_client_id: Text | None = None
    google_domain: Host | None = None
    google_scope_email: Flag = False
    wechat_enabled: Flag = False
    wechat_app_id: Text | None = None
    wechat_shop_id: Text | None = None
    redirect_enabled: Flag = False
    redirect_url: Text | None = None
    redirect_https: Flag = False
    redirect_to_https: Flag = False
    portal_customized_tos_enabled: Annotated[Flag, Field(description="Guests must accept terms")] = False
    portal_customized_tos: Annotated[Text | None, Field(description="The terms")] = None
    portal_use_hostname: Flag = False
    portal_hostname: Host | None = None
    template_engine: Annotated[Text | None, Field(description="jsp or angular")] = None
