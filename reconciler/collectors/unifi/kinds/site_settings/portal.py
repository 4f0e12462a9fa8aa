"""The section of a site's settings that rules guests: how they log in, and what they may reach."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.addresses import AddressSet
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.value import Value


class GuestPortalSettings(Value):
    """Guest portal (hotspot). Passwords and payment keys are in `secrets`."""

    portal_enabled: Annotated[Flag, Field(description="Guest portal is on")] = False
    auth: Annotated[Text, Field(description="Authentication: none, hotspot, facebook_wifi or custom")] = (
        "none"
    )
    auth_url: Annotated[Text | None, Field(description="URL of an external authentication page")] = None
    custom_ip: Annotated[Text | None, Field(description="Address of an external portal server")] = None
    allowed_subnets: Annotated[
        Names, Field(description="Subnets that guests may reach before they are authorized")
    ] = ()
    restricted_subnets: Annotated[Names, Field(description="Subnets that guests may not reach")] = ()
    restricted_dns_enabled: Annotated[Flag, Field(description="Restrict the DNS servers of guests")] = False
    restricted_dns_servers: Annotated[
        AddressSet, Field(description="DNS servers that guests may use; order does not matter")
    ] = ()
    ec_enabled: Annotated[Flag, Field(description="Redirect HTTPS requests of guests too")] = False
    expire: Annotated[Text | None, Field(description="Authorization time in minutes, or custom")] = None
    expire_number: Annotated[Count | None, Field(description="Custom authorization time, in expire_unit")] = (
        None
    )
    expire_unit: Annotated[
        Count | None, Field(description="Unit of expire_number as a number of minutes: 1, 60 or 1440")
    ] = None
    password_enabled: Annotated[Flag, Field(description="Authentication by password")] = False
    voucher_enabled: Annotated[Flag, Field(description="Authentication by voucher")] = False
    voucher_customized: Annotated[Flag, Field(description="Customized vouchers")] = False
    payment_enabled: Annotated[Flag, Field(description="Authentication by payment")] = False
    gateway: Annotated[
        Text | None,
        Field(description="Payment gateway: paypal, stripe, authorize, quickpay, merchantwarrior or ippay"),
    ] = None
    authorize_use_sandbox: Annotated[Flag, Field(description="Authorize.net sandbox")] = False
    ippay_use_sandbox: Annotated[Flag, Field(description="IPpay sandbox")] = False
    merchantwarrior_use_sandbox: Annotated[Flag, Field(description="Merchant Warrior sandbox")] = False
    paypal_use_sandbox: Annotated[Flag, Field(description="PayPal sandbox")] = False
    quickpay_testmode: Annotated[Flag, Field(description="QuickPay test mode")] = False
    radius_enabled: Annotated[Flag, Field(description="Authentication by RADIUS")] = False
    radius_auth_type: Annotated[Text | None, Field(description="RADIUS authentication: chap or mschapv2")] = (
        None
    )
    radius_disconnect_enabled: Annotated[Flag, Field(description="Accept RADIUS disconnect requests")] = False
    radius_disconnect_port: Annotated[
        Count | None, Field(description="UDP port for RADIUS disconnect requests")
    ] = None
    radius_profile: Annotated[Text | None, Field(description="Id of the RADIUS profile")] = None
    facebook_enabled: Annotated[Flag, Field(description="Authentication by Facebook")] = False
    facebook_app_id: Annotated[Text | None, Field(description="Facebook app ID")] = None
    facebook_scope_email: Annotated[
        Flag, Field(description="Request the guest's e-mail address from Facebook")
    ] = False
    facebook_wifi_block_https: Annotated[Flag, Field(description="Facebook WiFi: block HTTPS")] = False
    facebook_wifi_gw_id: Annotated[Text | None, Field(description="Facebook WiFi gateway ID")] = None
    facebook_wifi_gw_name: Annotated[Text | None, Field(description="Facebook WiFi gateway name")] = None
    google_enabled: Annotated[Flag, Field(description="Authentication by Google")] = False
    google_client_id: Annotated[Text | None, Field(description="Google client ID")] = None
    google_domain: Annotated[Host | None, Field(description="Domain that Google accounts must belong to")] = (
        None
    )
    google_scope_email: Annotated[
        Flag, Field(description="Request the guest's e-mail address from Google")
    ] = False
    wechat_enabled: Annotated[Flag, Field(description="Authentication by WeChat")] = False
    wechat_app_id: Annotated[Text | None, Field(description="WeChat app ID")] = None
    wechat_shop_id: Annotated[Text | None, Field(description="WeChat shop ID")] = None
    redirect_enabled: Annotated[
        Flag, Field(description="Redirect guests to a landing page after authorization")
    ] = False
    redirect_url: Annotated[Text | None, Field(description="URL of the landing page")] = None
    redirect_https: Annotated[Flag, Field(description="Use HTTPS for the redirect")] = False
    redirect_to_https: Annotated[Flag, Field(description="Redirect HTTP requests to HTTPS")] = False
    portal_customized_tos_enabled: Annotated[
        Flag, Field(description="Guests must accept the terms of service")
    ] = False
    portal_customized_tos: Annotated[Text | None, Field(description="Terms of service")] = None
    portal_use_hostname: Annotated[Flag, Field(description="Use a custom host name for the portal")] = False
    portal_hostname: Annotated[Host | None, Field(description="Host name of the portal")] = None
    template_engine: Annotated[Text | None, Field(description="Portal template engine: jsp or angular")] = (
        None
    )
